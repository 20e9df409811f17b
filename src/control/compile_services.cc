// The part of the Compiler that makes services.
#include "control/compiler.h"
#include "proxy/weighted.h"

namespace fairlead::control {

Compiler::HandlerPtr Compiler::service(const std::string& name, Input& input) {
  if (auto internal = settings_.internal_services.find(name);
      internal != settings_.internal_services.end()) {
    return internal->second;
  }
  MadeService& made = services_[name];
  if (made.used_by == version_) return made.made;
  size_t position = input.services.position(name);
  if (position == input.services.kNone) return nullptr;  // reported by validation
  const config::ServiceSpec& spec = input.services[position].second;
  made.used_by = version_;  // validation has refused loops
  std::vector<HandlerPtr> children;
  for (const config::WeightedRef& child : spec.services)
    children.push_back(service(child.name, input));
  bool is_same = made.made != nullptr && made.spec == spec && made.children == children;
  if (is_same) {
    for (SlotRegistry::Entry* slot : made.slots) slots_.mark(*slot);
  } else {
    made.notes.clear();
    made.slots.clear();
    made.spec = spec;
    made.children = std::move(children);
    made.made = make_service(name, spec, made);
  }
  input.diagnostics.insert(input.diagnostics.end(), made.notes.begin(), made.notes.end());
  return made.made;
}

Compiler::HandlerPtr Compiler::make_service(const std::string& name,
                                            const config::ServiceSpec& spec, MadeService& made) {
  using Kind = config::ServiceSpec::Kind;
  if (spec.kind == Kind::load_balancer) return make_load_balancer(name, spec.load_balancer, made);
  if (spec.kind == Kind::weighted) {
    std::vector<proxy::WeightedChild> weighted;
    for (size_t i = 0; i < made.children.size(); ++i) {
      if (made.children[i] != nullptr)
        weighted.push_back({made.children[i], spec.services[i].weight});
    }
    auto& state = balancer_states_[name];
    if (state == nullptr) state = std::make_shared<upstream::BalancerState>();
    return std::make_shared<proxy::WeightedService>(std::move(weighted), state);
  }
  made.notes.push_back(
      {config::Severity::error, "", "service " + name, "",
       "mirroring, failover and highestRandomWeight services are not served by this version; use "
       "loadBalancer or weighted"});
  return nullptr;
}

Compiler::HandlerPtr Compiler::make_load_balancer(const std::string& name,
                                                  const config::LoadBalancerSpec& spec,
                                                  MadeService& made) {
  config::Diagnostics& diagnostics = made.notes;
  std::string object = "service " + name;
  auto warn = [&](const char* field, std::string message) {
    diagnostics.push_back({config::Severity::warning, "", object, field, std::move(message)});
  };
  std::vector<upstream::Endpoint> endpoints;
  for (const config::ServerSpec& server : spec.servers) {
    auto endpoint = upstream::parse_endpoint(server.url, server.preserves_path);
    if (!endpoint) {
      diagnostics.push_back(
          {config::Severity::error, "", object, "loadBalancer.servers", endpoint.error()});
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
    made.slots.push_back(&slots_.entry("pool " + server.url));
    endpoint->pool = made.slots.back()->id;
    endpoints.push_back(std::move(*endpoint));
  }
  if (spec.sticky) warn("loadBalancer.sticky", "sticky sessions are not kept by this version");
  if (spec.health_check)
    warn("loadBalancer.healthCheck", "active health checks are not run by this version");
  const upstream::BalancerType* type = upstream::find_balancer(spec.strategy);
  if (type == nullptr) {
    warn("loadBalancer.strategy",
         "strategy \"" + spec.strategy + "\" is not served by this version; wrr is used");
    type = upstream::find_balancer("wrr");
  }
  auto& state = balancer_states_[name];
  if (state == nullptr) state = std::make_shared<upstream::BalancerState>();
  proxy::LoadBalancerSettings settings{name, spec.passes_host_header, settings_.transport};
  return std::make_shared<proxy::LoadBalancer>(std::move(settings), std::move(endpoints), *type,
                                               state);
}

}  // namespace fairlead::control
