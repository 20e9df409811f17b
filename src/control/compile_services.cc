// The part of the Compiler that makes services.
#include "control/compiler.h"
#include "proxy/weighted.h"

namespace fairlead::control {

Compiler::HandlerPtr Compiler::service(const std::string& name, const config::Objects& objects,
                                       config::Diagnostics& diagnostics) {
  if (auto internal = settings_.internal_services.find(name); internal != settings_.internal_services.end()) {
    return internal->second;
  }
  auto spec = objects.services.find(name);
  if (spec == objects.services.end()) return nullptr;  // reported by validation
  MadeService& known = services_[name];
  if (known.used_by == version_) return known.made;
  known.used_by = version_;  // validation has refused loops
  std::vector<HandlerPtr> children;
  for (const config::WeightedRef& child : spec->second.services) {
    children.push_back(service(child.name, objects, diagnostics));
  }
  MadeService& made = services_[name];  // the map may have grown
  bool is_same = made.made != nullptr && made.spec == spec->second && made.children == children;
  if (!is_same) {
    made.notes.clear();
    made.made = make_service(name, spec->second, children, made.notes);
    made.spec = spec->second;
    made.children = std::move(children);
  } else {
    for (const config::ServerSpec& server : spec->second.load_balancer.servers) {
      slots_.slot("pool " + server.url);  // still in use
    }
  }
  diagnostics.insert(diagnostics.end(), made.notes.begin(), made.notes.end());
  return made.made;
}

Compiler::HandlerPtr Compiler::make_service(const std::string& name, const config::ServiceSpec& spec,
                                            const std::vector<HandlerPtr>& children,
                                            config::Diagnostics& diagnostics) {
  using Kind = config::ServiceSpec::Kind;
  if (spec.kind == Kind::load_balancer) return make_load_balancer(name, spec.load_balancer, diagnostics);
  if (spec.kind == Kind::weighted) {
    std::vector<proxy::WeightedChild> weighted;
    for (size_t i = 0; i < children.size(); ++i) {
      if (children[i] != nullptr) weighted.push_back({children[i], spec.services[i].weight});
    }
    auto& state = balancer_states_[name];
    if (state == nullptr) state = std::make_shared<upstream::BalancerState>();
    return std::make_shared<proxy::WeightedService>(std::move(weighted), state);
  }
  diagnostics.push_back({config::Severity::error, "", "service " + name, "",
                         "mirroring, failover and highestRandomWeight services are not served by this version; use "
                         "loadBalancer or weighted"});
  return nullptr;
}

Compiler::HandlerPtr Compiler::make_load_balancer(const std::string& name, const config::LoadBalancerSpec& spec,
                                                  config::Diagnostics& diagnostics) {
  std::string object = "service " + name;
  auto warn = [&](const char* field, std::string message) {
    diagnostics.push_back({config::Severity::warning, "", object, field, std::move(message)});
  };
  std::vector<upstream::Endpoint> endpoints;
  for (const config::ServerSpec& server : spec.servers) {
    auto endpoint = upstream::parse_endpoint(server.url, server.preserves_path);
    if (!endpoint) {
      diagnostics.push_back({config::Severity::error, "", object, "loadBalancer.servers", endpoint.error()});
      continue;
    }
    if (endpoint->scheme == "https" || endpoint->scheme == "h2c") {
      diagnostics.push_back({config::Severity::error, "", object, "loadBalancer.servers",
                             "server " + server.url + ": " + endpoint->scheme +
                                 " upstreams are not served by this version; use http"});
      continue;
    }
    endpoint->weight = server.weight;
    endpoint->is_fenced = server.is_fenced;
    endpoint->pool = slots_.slot("pool " + server.url);
    endpoints.push_back(std::move(*endpoint));
  }
  if (spec.sticky) warn("loadBalancer.sticky", "sticky sessions are not kept by this version");
  if (spec.health_check) warn("loadBalancer.healthCheck", "active health checks are not run by this version");
  const upstream::BalancerType* type = upstream::find_balancer(spec.strategy);
  if (type == nullptr) {
    warn("loadBalancer.strategy", "strategy \"" + spec.strategy + "\" is not served by this version; wrr is used");
    type = upstream::find_balancer("wrr");
  }
  auto& state = balancer_states_[name];
  if (state == nullptr) state = std::make_shared<upstream::BalancerState>();
  proxy::LoadBalancerSettings settings{name, spec.passes_host_header, settings_.transport};
  return std::make_shared<proxy::LoadBalancer>(std::move(settings), std::move(endpoints), *type, state);
}

}  // namespace fairlead::control
