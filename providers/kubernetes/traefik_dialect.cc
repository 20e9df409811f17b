// Ingresses as Traefik's users write them: its annotations, and the path rules of the Ingress API.
#include <algorithm>

#include "providers/kubernetes/ingress_dialect.h"
#include "providers/kubernetes/naming.h"
#include "providers/kubernetes/router_annotations.h"

namespace fairlead::providers::kubernetes {

namespace {

constexpr const char* kClassAnnotation = "kubernetes.io/ingress.class";

// One Ingress on its way to a part.
class Translation {
 public:
  Translation(const config::KubernetesIngressConfig& config, const Ingress& ingress,
              const ObjectStore& store, const Topics& topics)
      : config_(config), ingress_(ingress), store_(store), topics_(topics) {
    annotations_ = read_router_annotations(ingress.annotations, config.cross_provider_namespaces,
                                           ingress.meta.space, part_.findings);
  }

  IngressPart run() {
    for (size_t i = 0; i < ingress_.rules.size(); ++i) add_rule(i);
    add_default_backend();
    add_certificates();
    return std::move(part_);
  }

 private:
  void add_rule(size_t index) {
    const IngressRule& rule = ingress_.rules[index];
    std::string field = "spec.rules[" + std::to_string(index) + "]";
    if (rule.paths.empty() && !ingress_.default_backend) {
      part_.doubt("NoBackend", field, "has no paths, and the Ingress has no defaultBackend");
    }
    for (size_t i = 0; i < rule.paths.size(); ++i) {
      add_path(rule.host, rule.paths[i], field + ".http.paths[" + std::to_string(i) + "]");
    }
  }

  void add_path(const std::string& written_host, const IngressPath& path,
                const std::string& field) {
    std::string host = host_name(written_host);
    if (!path.path.empty() && !path.path.starts_with('/')) {
      return part_.fault("InvalidPath", field + ".path",
                         "must begin with \"/\", got \"" + path.path + "\"");
    }
    if (const std::string* owner = stronger_claim(host, path)) {
      return part_.fault("PathConflict", field,
                         "host \"" + written_host + "\" path \"" + path.path +
                             "\" belongs to the older Ingress " + *owner);
    }
    config::RouterSpec router = new_router();
    router.rule = host_rule(host) + path_rule(path, host.empty());
    if (router.priority == 0) {
      router.priority = ingress_priority(host, compared_path(path), path.type);
    }
    router.service = backend(path.backend, field + ".backend");
    if (router.service.empty()) return;
    add_router(normalize(ingress_.meta.space + "-" + ingress_.meta.name + "-" + host + path.path),
               host + " " + path.path + " " + std::to_string(static_cast<int>(path.type)),
               std::move(router));
  }

  // The key of an older Ingress that wants the same.
  const std::string* stronger_claim(const std::string& host, const IngressPath& path) const {
    const TopicMembers& claims = topics_.members(claim_of(host, path, ingress_.annotations));
    if (claims.empty() || claims.begin()->key == ingress_.meta.key()) return nullptr;
    return &claims.begin()->key;
  }

  config::RouterSpec new_router() const {
    config::RouterSpec router;
    router.entry_points = annotations_.entry_points;
    router.middlewares = annotations_.middlewares;
    router.priority = annotations_.priority;
    router.rule_syntax = annotations_.rule_syntax;
    router.observability = annotations_.observability;
    router.tls = annotations_.tls;
    return router;
  }

  // With TLS in the spec, the same route answers on both kinds of connections.
  void add_router(std::string name, const std::string& what, config::RouterSpec router) {
    if (!names_.insert(name).second) name += "-" + short_hash(what);
    names_.insert(name);
    bool is_on_both = !ingress_.tls.empty() && !router.tls && !annotations_.says_tls;
    if (is_on_both) {
      config::RouterSpec secure = router;
      secure.tls.emplace();
      part_.routers.emplace_back(name + "-tls", std::move(secure));
    }
    part_.routers.emplace_back(std::move(name), std::move(router));
  }

  static std::string host_rule(const std::string& host) {
    return host.empty() ? "" : "Host(" + rule_text(host) + ")";
  }

  bool is_element_wise(const IngressPath& path) const {
    return path.type == PathType::prefix && config_.has_strict_prefix_matching;
  }

  std::string compared_path(const IngressPath& path) const {
    std::string text = path.path.empty() ? "/" : path.path;
    if (is_element_wise(path) && text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
  }

  std::string path_rule(const IngressPath& path, bool is_alone) const {
    std::string text = compared_path(path);
    std::string rule;
    if (path.type == PathType::exact) {
      rule = "Path(" + rule_text(text) + ")";
    } else if (is_element_wise(path) && text != "/") {
      rule = "(Path(" + rule_text(text) + ") || PathPrefix(" + rule_text(text + "/") + "))";
    } else {
      bool is_free = path.type == PathType::implementation_specific;
      std::string matcher = is_free ? annotations_.path_matcher : "PathPrefix";
      rule = matcher + "(" + rule_text(text) + ")";
    }
    return is_alone ? rule : " && " + rule;
  }

  std::string backend(const Backend& backend, const std::string& field) {
    if (!backend.resource.empty()) {
      part_.fault("UnsupportedBackend", field + ".resource",
                  "a backend of kind " + backend.resource + " is not supported; name a Service");
      return part_.add_backend({ingress_.meta.space + "/", {}, "resource"}, {}, field);
    }
    return part_.add_backend({ingress_.meta.space + "/" + backend.service, backend.port, ""}, {},
                             field);
  }

  void add_default_backend() {
    if (!ingress_.default_backend) return;
    std::string service = backend(*ingress_.default_backend, "spec.defaultBackend");
    std::string base = ingress_.meta.space + "-" + ingress_.meta.name;
    if (ingress_.rules.empty()) {
      config::RouterSpec router = new_router();
      router.rule = "PathPrefix(`/`)";
      router.priority = kLowestPriority;
      router.service = service;
      return add_router(normalize(base + "-default"), "default", std::move(router));
    }
    std::set<std::string> hosts;
    for (const IngressRule& rule : ingress_.rules) hosts.insert(host_name(rule.host));
    for (const std::string& host : hosts) {
      config::RouterSpec router = new_router();
      router.rule = host.empty() ? "PathPrefix(`/`)" : host_rule(host);
      router.priority = ingress_priority(host, "", PathType::prefix);
      router.service = service;
      add_router(normalize(base + "-" + host + "-default"), host + " default", std::move(router));
    }
  }

  void add_certificates() {
    for (size_t i = 0; i < ingress_.tls.size(); ++i) {
      const std::string& name = ingress_.tls[i].secret;
      if (name.empty()) continue;  // the default certificate is meant
      std::string key = ingress_.meta.space + "/" + name;
      std::string field = "spec.tls[" + std::to_string(i) + "].secretName";
      part_.certificates.push_back(key);
      const Secret* secret = store_.secrets().find(key);
      if (secret == nullptr) {
        part_.fault("MissingSecret", field,
                    "Secret " + key + " does not exist; the default certificate is served");
      } else if (!secret->data.contains("tls.crt") || !secret->data.contains("tls.key")) {
        part_.fault("InvalidSecret", field,
                    "Secret " + key +
                        " has no tls.crt and tls.key in PEM; the default certificate is served");
      }
    }
  }

 public:
  static std::string claim_of(const std::string& host, const IngressPath& path,
                              const Annotations& annotations) {
    auto said = [&](const char* key) {
      auto found = annotations.find(std::string("traefik.ingress.kubernetes.io/") + key);
      return found == annotations.end() ? std::string() : found->second;
    };
    return host + " " + path.path + " " + std::to_string(static_cast<int>(path.type)) + " " +
           said("router.entrypoints") + " " + said("router.priority") + " " + said("router.tls") +
           " " + said("router.pathmatcher");
  }

 private:
  const config::KubernetesIngressConfig& config_;
  const Ingress& ingress_;
  const ObjectStore& store_;
  const Topics& topics_;
  RouterAnnotations annotations_;
  std::set<std::string> names_;
  IngressPart part_;
};

class TraefikDialect final : public IngressDialect {
 public:
  explicit TraefikDialect(config::KubernetesIngressConfig config) : config_(std::move(config)) {}

  std::string_view provider() const override { return "kubernetes"; }

  BackendSettings backend_settings() const override {
    return {.allows_external_names = config_.allows_external_name_services,
            .has_native_lb_by_default = config_.has_native_lb_by_default,
            .reports_node_internal_ips = config_.reports_node_internal_ips,
            .reads_traefik_annotations = true,
            .zone = {}};
  }

  bool owns(const Ingress& ingress, const ObjectStore& store) const override {
    const std::string& wanted = config_.ingress_class;
    if (ingress.class_name) {
      bool looks_up =
          !config_.disables_cluster_scope_resources && !config_.disables_ingress_class_lookup;
      if (!looks_up) return *ingress.class_name == (wanted.empty() ? "traefik" : wanted);
      const IngressClass* its = store.classes().find(*ingress.class_name);
      if (its == nullptr ||
          std::ranges::find(config_.controllers, its->controller) == config_.controllers.end()) {
        return false;
      }
      return wanted.empty() || wanted == *ingress.class_name;
    }
    auto said = ingress.annotations.find(kClassAnnotation);
    std::string name = said == ingress.annotations.end() ? "" : said->second;
    if (!wanted.empty()) return name == wanted;
    return name.empty() || name == "traefik" || name == "fairlead";
  }

  std::set<std::string> topics(const Ingress& ingress) const override {
    std::set<std::string> claims;
    for (const IngressRule& rule : ingress.rules) {
      for (const IngressPath& path : rule.paths) {
        claims.insert(Translation::claim_of(host_name(rule.host), path, ingress.annotations));
      }
    }
    return claims;
  }

  bool members_see_changes() const override { return false; }

  IngressPart translate(const Ingress& ingress, const ObjectStore& store,
                        const Topics& topics) const override {
    return Translation(config_, ingress, store, topics).run();
  }

 private:
  config::KubernetesIngressConfig config_;
};

}  // namespace

std::unique_ptr<IngressDialect> traefik_dialect(config::KubernetesIngressConfig config) {
  return std::make_unique<TraefikDialect>(std::move(config));
}

}  // namespace fairlead::providers::kubernetes
