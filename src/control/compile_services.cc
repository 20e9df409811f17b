// The part of the Compiler that makes services.
#include <algorithm>

#include "control/compiler.h"
#include "proxy/weighted.h"

namespace fairlead::control {
namespace {

bool has_https(const config::LoadBalancerSpec& balancer) {
  return std::ranges::any_of(balancer.servers, [](const config::ServerSpec& server) {
    return server.url.starts_with("https:");
  });
}

}  // namespace

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
  TransportCompiler::TransportPtr transport;
  if (spec.kind == config::ServiceSpec::Kind::load_balancer) {
    transport =
        transports_.get(spec.load_balancer.servers_transport, has_https(spec.load_balancer));
  }
  bool is_same = made.made != nullptr &&
                 (made.element == element || made.element->second == spec) &&
                 made.children == children && made.transport == transport;
  made.element = element;
  if (is_same) {
    for (SlotRegistry::Entry* slot : made.slots) slots_.mark(*slot);
    for (const auto& entry : made.health) settings_.health->mark(*entry);
  } else {
    if (made.name == nullptr) made.name = std::make_shared<const std::string>(name);
    made.notes.clear();
    made.slots.clear();
    made.health.clear();
    made.children = std::move(children);
    made.transport = std::move(transport);
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

namespace {

std::shared_ptr<const upstream::HealthCheck> health_check(
    const std::optional<config::HealthCheckSpec>& spec, const upstream::Transport& transport) {
  if (!spec) return nullptr;
  auto check = std::make_shared<upstream::HealthCheck>();
  check->tls = transport.check_tls;
  check->is_grpc = spec->mode == "grpc";
  check->path = spec->path;
  check->scheme = spec->scheme;
  check->hostname = spec->hostname;
  check->port = static_cast<uint16_t>(spec->port);
  check->method = spec->method;
  check->status = static_cast<int>(spec->status);
  check->interval = io::Duration(spec->interval.count());
  check->unhealthy_interval =
      io::Duration(spec->unhealthy_interval.value_or(spec->interval).count());
  check->timeout = io::Duration(spec->timeout.count());
  check->follows_redirects = spec->follows_redirects;
  for (const auto& [name, value] : spec->headers) check->headers.emplace_back(name, value);
  check->rise = static_cast<unsigned>(spec->rise);
  check->fall = static_cast<unsigned>(spec->fall);
  return check;
}

std::optional<proxy::PassiveCheck> passive_check(
    const std::optional<config::PassiveHealthCheckSpec>& spec) {
  if (!spec) return std::nullopt;
  return proxy::PassiveCheck{io::Duration(spec->failure_window.count()),
                             static_cast<uint32_t>(spec->max_failed_attempts)};
}

}  // namespace

Compiler::HandlerPtr Compiler::make_load_balancer(const std::string& name,
                                                  const config::LoadBalancerSpec& spec,
                                                  MadeService& made) {
  config::Diagnostics& diagnostics = made.notes;
  std::string object = "service " + name;
  auto warn = [&](const char* field, std::string message) {
    diagnostics.push_back({config::Severity::warning, "", object, field, std::move(message)});
  };
  std::shared_ptr<const upstream::HealthCheck> check =
      health_check(spec.health_check, *made.transport);
  std::vector<upstream::Endpoint> endpoints;
  for (const config::ServerSpec& server : spec.servers) {
    auto endpoint = upstream::parse_endpoint(server.url, server.preserves_path);
    if (!endpoint) {
      diagnostics.push_back(
          {config::Severity::error, "", object, "loadBalancer.servers", endpoint.error()});
      continue;
    }
    endpoint->weight = server.weight;
    endpoint->is_fenced = server.is_fenced;
    std::string pool = "pool " + server.url;
    if (endpoint->protocol == upstream::Protocol::https) pool += ' ' + made.transport->tls_identity;
    made.slots.push_back(&slots_.entry(pool));
    endpoint->pool = made.slots.back()->id;
    if (settings_.health != nullptr) {
      made.health.push_back(settings_.health->entry(name, *endpoint, check));
      endpoint->health = made.health.back()->health;
    }
    endpoints.push_back(std::move(*endpoint));
  }
  if (spec.sticky) warn("loadBalancer.sticky", "sticky sessions are not kept by this version");
  const upstream::BalancerType* type = upstream::find_balancer(spec.strategy);
  if (type == nullptr) {
    warn("loadBalancer.strategy",
         "strategy \"" + spec.strategy + "\" is not served by this version; wrr is used");
    type = upstream::find_balancer("wrr");
  }
  auto& state = balancer_states_[name];
  if (state == nullptr) state = std::make_shared<upstream::BalancerState>();
  made.slots.push_back(&slots_.entry("service " + name));
  proxy::LoadBalancerSettings settings{name, spec.passes_host_header, made.transport,
                                       passive_check(spec.passive_health_check),
                                       made.slots.back()->id};
  return std::make_shared<proxy::LoadBalancer>(std::move(settings), std::move(endpoints), *type,
                                               state);
}

}  // namespace fairlead::control
