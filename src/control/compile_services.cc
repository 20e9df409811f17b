// The part of the Compiler that makes services.
#include "control/compiler.h"
#include "proxy/weighted.h"

namespace fairlead::control {

Compiler::HandlerPtr Compiler::service(const std::string& name, Input& input) {
  if (auto internal = settings_.internal_services.find(name);
      internal != settings_.internal_services.end()) {
    return internal->second;
  }
  size_t position = input.service_position(name);
  if (position == input.names->kNone) return nullptr;  // reported by validation
  return service_at(position, input).made;
}

Compiler::HandlerPtr Compiler::service_of(MadeRoute& made, const config::RouterSpec& spec,
                                          Input& input) {
  const auto& services = input.objects.services;
  if (MadeService* before = made.service) {
    bool is_there =
        before->position < services.size() && services.pointer(before->position) == before->element;
    if (is_there) return service_at(before->position, input).made;
  }
  made.service = nullptr;
  if (settings_.internal_services.contains(spec.service)) return service(spec.service, input);
  size_t position = input.service_position(spec.service);
  if (position == input.names->kNone) return nullptr;
  made.service = &service_at(position, input);
  return made.service->made;
}

Compiler::MadeService& Compiler::service_at(size_t position, Input& input) {
  const auto& element = input.objects.services.pointer(position);
  const auto& [name, spec] = *element;
  MadeService*& known = known_services_[position];
  if (known == nullptr) known = &services_[name];
  MadeService& made = *known;
  if (made.used_by == version_) return made;
  made.used_by = version_;  // validation has refused loops
  made.position = position;
  std::vector<HandlerPtr> children;
  for (const config::WeightedRef& child : spec.services)
    children.push_back(service(child.name, input));
  bool is_same = made.made != nullptr &&
                 (made.element == element || made.element->second == spec) &&
                 made.children == children;
  made.element = element;
  if (is_same) {
    for (SlotRegistry::Entry* slot : made.slots) slots_.mark(*slot);
  } else {
    if (made.name == nullptr) made.name = std::make_shared<const std::string>(name);
    made.notes.clear();
    made.slots.clear();
    made.children = std::move(children);
    made.made = make_service(name, spec, made);
  }
  input.diagnostics.insert(input.diagnostics.end(), made.notes.begin(), made.notes.end());
  return made;
}

std::shared_ptr<const std::vector<routing::NamedService>> Compiler::named_services() {
  auto named = std::make_shared<std::vector<routing::NamedService>>();
  named->reserve(known_services_.size());
  for (size_t i = 0; i < known_services_.size(); ++i) {
    MadeService*& made = known_services_[i];
    if (made != nullptr && made->used_by != version_) made = nullptr;  // about to be forgotten
    if (made != nullptr && made->made != nullptr) named->push_back({made->name, made->made});
  }
  if (named_services_ == nullptr || *named_services_ != *named) named_services_ = std::move(named);
  return named_services_;
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
