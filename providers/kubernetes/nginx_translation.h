// One Ingress of an nginx class on its way to a part. The steps are in nginx_route.cc (hosts,
// paths, canaries), nginx_middlewares.cc (what stands in front) and nginx_backend.cc (what stands
// behind). Pure; on the stack.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/static_providers.h"
#include "providers/kubernetes/ingress_dialect.h"
#include "providers/kubernetes/nginx_annotations.h"
#include "providers/kubernetes/nginx_host.h"

namespace fairlead::providers::kubernetes {

class NginxTranslation {
 public:
  NginxTranslation(const config::KubernetesNginxConfig& config, const Ingress& ingress,
                   const ObjectStore& store, const Topics& topics);

  IngressPart run();

 private:
  // What a route needs besides its rule.
  struct Location {
    std::string host;
    std::string path;
    std::string service;  // "#n" or a name of the part
    std::vector<std::string> middlewares;
  };

  std::string base_name() const { return ingress_.meta.space + "-" + ingress_.meta.name; }

  // nginx_route.cc
  void add_rule(const IngressRule& rule, const std::string& field);
  void add_path(const std::string& host, const IngressPath& path, const std::string& field);
  bool is_valid_path(const IngressPath& path, bool is_regex, const std::string& field);
  std::string path_rule(const IngressPath& path, bool is_regex) const;
  void add_canary(const NginxHosts::Canary& canary, const std::string& rule, int64_t priority,
                  Location location, const std::string& field);
  void add_slash_redirect(const std::string& host, const IngressPath& path);
  void add_app_root(const std::string& host);
  void add_www_redirect(const std::string& host);
  void add_default_backend();
  void add_routers(std::string name, const std::string& rule, int64_t priority,
                   const Location& location);
  void add_passthrough();
  void add_certificates();

  // nginx_middlewares.cc
  void make_middlewares();
  void make_redirects();
  void make_access();
  bool make_password();
  void make_external_auth();
  void make_limits();
  void make_cors();
  void make_headers();
  void make_sizes();
  void make_client_certificates();
  std::string rewrite(const IngressPath& path);
  std::string add_middleware(const std::string& name, const char* type, config::Node options);
  std::string add_redirect(const std::string& name, const std::string& regex,
                           const std::string& replacement, int64_t status);
  void deny(std::string why);

  // nginx_backend.cc
  BackendTuning tuning_of(const NginxAnnotations& annotations);
  void make_transport();
  std::string backend(const Backend& backend, const std::string& field);
  std::string named_backend(const std::string& service, const std::string& field);
  std::string error_pages(const std::string& field);
  const Secret* secret(const std::string& reference, const std::string& annotation);

  const config::KubernetesNginxConfig& config_;
  const Ingress& ingress_;
  const ObjectStore& store_;
  const Topics& topics_;
  NginxHosts hosts_;
  NginxAnnotations annotations_;
  IngressPart part_;
  std::vector<std::string> both_, plain_, secure_;  // middlewares: everywhere, http, https
  std::optional<config::RouterTlsSpec> tls_;
  std::string transport_;
  std::string limit_free_rule_;  // clients that limits do not hold for
  std::vector<std::string> limits_;
  std::string default_backend_;  // "#n", of the annotation or the provider; "" when there is none
  bool is_denied_ = false;       // every request is answered 503
  std::set<std::string> names_;
};

// "8k"-like and other small things that several steps need.
config::Node node_list(const std::vector<std::string>& words);
// Every character that means something in a regular expression, escaped.
std::string escape_regex(std::string_view text);

}  // namespace fairlead::providers::kubernetes
