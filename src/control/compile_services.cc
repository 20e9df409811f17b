// The part of the Compiler that makes services: those that are lists of servers, and what all kinds
// share.
#include "control/compile_services.h"

#include <algorithm>

#include "control/compiler.h"
#include "proxy/guarded_service.h"

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
  for (const std::string& child : children_of(spec)) children.push_back(service(child, input));
  Links links;
  bool has_links = std::ranges::all_of(spec.middlewares, [&](const std::string& middleware) {
    return add_links(links, middleware, input, 0);
  });
  TransportCompiler::TransportPtr transport;
  if (spec.kind == config::ServiceSpec::Kind::load_balancer) {
    transport =
        transports_.get(spec.load_balancer.servers_transport, has_https(spec.load_balancer));
  }
  bool is_same = made.made != nullptr && has_links && made.links == links.owned &&
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
    made.links = std::move(links.owned);
    made.inner = has_links ? make_service(name, spec, made) : nullptr;
    made.made = made.links.empty() || made.inner == nullptr
                    ? made.inner
                    : std::make_shared<proxy::GuardedService>(made.links, made.inner);
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
    // Without its middlewares: they have run when a request asks for another server.
    if (made != nullptr && made->inner != nullptr) named->push_back({made->name, made->inner});
  }
  if (named_services_ == nullptr || *named_services_ != *named) named_services_ = std::move(named);
  return named_services_;
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

// Validation has refused what is unknown.
const upstream::BalancerType* balancer_type(const config::LoadBalancerSpec& spec) {
  if (spec.consistent_hash) return upstream::find_balancer("consistentHash");
  const upstream::BalancerType* type = upstream::find_balancer(spec.strategy);
  return type != nullptr ? type : upstream::find_balancer("wrr");
}

upstream::HashKey hash_key(const std::optional<config::ConsistentHashSpec>& spec) {
  using Of = upstream::HashKey::Of;
  if (!spec) return {};
  if (!spec->header.empty()) return {Of::header, spec->header};
  if (!spec->cookie.empty()) return {Of::cookie, spec->cookie};
  if (!spec->query.empty()) return {Of::query, spec->query};
  return {};
}

// A server of weight 0 has no sessions; one that is being stopped keeps those it has.
std::shared_ptr<const proxy::Stickiness> stickiness(
    const std::string& name, const config::CookieSpec& cookie,
    const std::vector<upstream::Endpoint>& endpoints) {
  std::vector<std::string> targets;
  for (const upstream::Endpoint& one : endpoints) targets.push_back(one.weight > 0 ? one.url : "");
  return std::make_shared<const proxy::Stickiness>(cookie_settings(cookie), name, targets);
}

}  // namespace

config::Fault check_strategy(std::string_view strategy) {
  if (strategy.empty()) return std::nullopt;
  const upstream::BalancerType* type = upstream::find_balancer(strategy);
  if (type != nullptr && type->name != "consistentHash") return std::nullopt;
  if (type != nullptr) {
    return "loadBalancer.strategy: write loadBalancer.consistentHash instead, with header, cookie "
           "or query";
  }
  std::vector<std::string_view> names;
  for (const upstream::BalancerType* one : upstream::all_balancers()) {
    if (one->name != "consistentHash") names.push_back(one->name);
  }
  std::string fault = "loadBalancer.strategy: \"" + std::string(strategy) + "\" is unknown";
  std::string_view near = config::nearest(strategy, names);
  if (!near.empty()) fault += "; did you mean \"" + std::string(near) + "\"?";
  for (std::string_view name : names)
    fault += (name == names.front() ? " Known are " : ", ") + std::string(name);
  return fault;
}

std::shared_ptr<upstream::BalancerState> Compiler::balancer_state(const std::string& name) {
  std::shared_ptr<upstream::BalancerState>& state = balancer_states_[name];
  if (state == nullptr) state = std::make_shared<upstream::BalancerState>();
  state->forget_unused_loads();
  return state;
}

Compiler::HandlerPtr Compiler::make_load_balancer(const std::string& name,
                                                  const config::LoadBalancerSpec& spec,
                                                  MadeService& made) {
  config::Diagnostics& diagnostics = made.notes;
  std::string object = "service " + name;
  std::shared_ptr<const upstream::HealthCheck> check =
      health_check(spec.health_check, *made.transport);
  const upstream::BalancerType* type = balancer_type(spec);
  std::shared_ptr<upstream::BalancerState> state = balancer_state(name);
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
    if (type->needs_load) endpoint->load = state->load(server.url);
    endpoints.push_back(std::move(*endpoint));
  }
  made.slots.push_back(&slots_.entry("service " + name));
  proxy::LoadBalancerSettings settings{name, spec.passes_host_header, made.transport,
                                       passive_check(spec.passive_health_check),
                                       made.slots.back()->id};
  if (spec.sticky) settings.sticky = stickiness(name, *spec.sticky, endpoints);
  upstream::BalancerType::Settings balancing{std::move(state), hash_key(spec.consistent_hash)};
  return std::make_shared<proxy::LoadBalancer>(std::move(settings), std::move(endpoints), *type,
                                               std::move(balancing));
}

}  // namespace fairlead::control
