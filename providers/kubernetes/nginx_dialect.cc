// Ingresses as users of ingress-nginx write them.
#include <algorithm>

#include "providers/kubernetes/ingress_dialect.h"
#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/nginx_translation.h"

namespace fairlead::providers::kubernetes {

namespace {

class NginxDialect final : public IngressDialect {
 public:
  explicit NginxDialect(config::KubernetesNginxConfig config) : config_(std::move(config)) {}

  std::string_view provider() const override { return "kubernetesingressnginx"; }

  BackendSettings backend_settings() const override {
    return {.allows_external_names = !config_.disables_external_name,
            .has_native_lb_by_default = false,
            .reports_node_internal_ips = false,
            .reads_traefik_annotations = false,
            .zone = {}};
  }

  bool owns(const Ingress& ingress, const ObjectStore& store) const override {
    if (ingress.class_name) {
      const IngressClass* its = store.classes().find(*ingress.class_name);
      if (its != nullptr && its->controller == config_.controller_class) return true;
      return config_.takes_class_by_name && *ingress.class_name == config_.ingress_class;
    }
    auto said = ingress.annotations.find("kubernetes.io/ingress.class");
    if (said == ingress.annotations.end()) return config_.watches_ingress_without_class;
    return said->second == config_.ingress_class;
  }

  // Its hosts, and those that it would like to have.
  std::set<std::string> topics(const Ingress& ingress) const override {
    std::set<std::string> hosts;
    NginxAnnotations annotations(ingress.annotations);
    for (const IngressRule& rule : ingress.rules) {
      std::string host = host_name(rule.host);
      hosts.insert(host);
      if (!annotations.flag("from-to-www-redirect")) continue;
      hosts.insert(host.starts_with("www.") ? host.substr(4) : "www." + host);
    }
    for (const std::string& alias : annotations.words("server-alias")) {
      hosts.insert(host_name(alias));
    }
    return hosts;
  }

  bool members_see_changes() const override { return true; }

  IngressPart translate(const Ingress& ingress, const ObjectStore& store,
                        const Topics& topics) const override {
    return NginxTranslation(config_, ingress, store, topics).run();
  }

 private:
  config::KubernetesNginxConfig config_;
};

}  // namespace

std::unique_ptr<IngressDialect> nginx_dialect(config::KubernetesNginxConfig config) {
  return std::make_unique<NginxDialect>(std::move(config));
}

}  // namespace fairlead::providers::kubernetes
