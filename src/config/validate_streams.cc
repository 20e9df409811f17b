// TCP and UDP routers and services: their options stay opaque, but what they name must exist.
#include <algorithm>

#include "config/stream_specs.h"
#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

constexpr size_t kMaxNesting = 100;

// What is wrong with an object as it is written; nothing when it is good.
template <class Spec>
Fault fault_in(const OpaqueSpec& object) {
  Diagnostics found;
  stream_spec<Spec>(object, "", "", found);
  for (const Diagnostic& one : found) {
    if (one.severity == Severity::error)
      return one.field.empty() ? one.message : one.field + " " + one.message;
  }
  return std::nullopt;
}

// The sections of one protocol. UDP has no middlewares and no rules.
struct Family {
  std::string word;  // "TCP"
  std::map<std::string, OpaqueSpec>& routers;
  std::map<std::string, OpaqueSpec>& services;
  const std::map<std::string, OpaqueSpec>& middlewares;
  const std::map<std::string, OpaqueSpec>& transports;
  StatusMap& router_states;
  StatusMap& service_states;
  const std::set<std::string, std::less<>>& entry_points;
  StatusMap* middleware_states;  // null: there are none
  Fault (*fault_in_router)(const OpaqueSpec&);
  Fault (*fault_in_service)(const OpaqueSpec&);
};

class StreamCheck {
 public:
  StreamCheck(ValidationPass& pass, Family family) : pass_(pass), family_(std::move(family)) {}

  void run() {
    if (family_.middleware_states != nullptr) check_middlewares();
    for (auto& [name, service] : family_.services) {
      std::vector<std::string> open;
      check_service(name, service, open);
    }
    for (auto& [name, router] : family_.routers) check_router(name, router);
  }

 private:
  void check_service(const std::string& name, OpaqueSpec& service, std::vector<std::string>& open);
  void check_middlewares();
  void check_router(const std::string& name, OpaqueSpec& router);
  void check_entry_points(const std::string& name, OpaqueSpec& router);
  void check_rule(const std::string& name, const OpaqueSpec& router);
  Fault fault_in_reference(Target target, const std::string& used);
  void disable_router(const std::string& name, std::string why) {
    pass_.disable(family_.router_states, family_.word + " router", name, std::move(why));
  }
  void disable_service(const std::string& name, std::string why) {
    if (ValidationPass::is_disabled(family_.service_states, name)) return;
    pass_.disable(family_.service_states, family_.word + " service", name, std::move(why));
  }

  ValidationPass& pass_;
  Family family_;
  std::set<std::string> checked_;
};

void StreamCheck::check_service(const std::string& name, OpaqueSpec& service,
                                std::vector<std::string>& open) {
  if (auto again = std::ranges::find(open, name); again != open.end()) {
    for (auto at = again; at != open.end(); ++at) disable_service(*at, "refers to itself");
    return;
  }
  if (checked_.contains(name)) return;
  if (open.size() >= kMaxNesting)
    return disable_service(name, "is nested deeper than 100 references");
  open.push_back(name);
  if (Fault fault = family_.fault_in_service(service)) disable_service(name, *fault);
  visit_stream_service_names(service, [&](Target target, std::string& used) {
    auto found = family_.services.find(used);
    if (target == Target::service && found != family_.services.end()) {
      check_service(used, found->second, open);
    }
    if (Fault fault = fault_in_reference(target, used)) disable_service(name, *fault);
  });
  open.pop_back();
  checked_.insert(name);
}

Fault StreamCheck::fault_in_reference(Target target, const std::string& used) {
  const OtherObjects& objects = pass_.objects();
  switch (target) {
    case Target::service:
      if (!family_.services.contains(used)) {
        return pass_.missing(family_.word + " service", used, family_.services);
      }
      if (ValidationPass::is_disabled(family_.service_states, used)) {
        return "the " + family_.word + " service \"" + used + "\" is disabled";
      }
      return std::nullopt;
    case Target::middleware:
      if (family_.middlewares.contains(used)) {
        if (!ValidationPass::is_disabled(*family_.middleware_states, used)) return std::nullopt;
        return "the " + family_.word + " middleware \"" + used + "\" is disabled";
      }
      return pass_.missing(family_.word + " middleware", used, family_.middlewares);
    case Target::servers_transport:
      if (used == "default@internal" || family_.transports.contains(used)) return std::nullopt;
      return pass_.missing(family_.word + " serversTransport", used, family_.transports);
    case Target::tls_options:
      if (used == "default" || objects.tls_options.contains(used)) return std::nullopt;
      return pass_.missing("TLS options object", used, objects.tls_options);
    case Target::router:
      return std::nullopt;
  }
  return std::nullopt;
}

void StreamCheck::check_middlewares() {
  if (!pass_.settings().check_tcp_middleware) return;
  for (const auto& [name, middleware] : family_.middlewares) {
    std::vector<std::string> warnings;
    Fault fault = pass_.settings().check_tcp_middleware(name, middleware, warnings);
    std::string word = family_.word + " middleware";
    for (std::string& warning : warnings)
      pass_.warn(*family_.middleware_states, word, name, std::move(warning));
    if (fault) pass_.disable(*family_.middleware_states, word, name, *fault);
  }
}

void StreamCheck::check_router(const std::string& name, OpaqueSpec& router) {
  check_entry_points(name, router);
  if (Fault fault = family_.fault_in_router(router)) disable_router(name, *fault);
  if (family_.middleware_states != nullptr) check_rule(name, router);
  const Node* service = router.options.find("service");
  if (service == nullptr || !service->is_scalar() || service->scalar.empty()) {
    disable_router(name, "has no service");
  }
  visit_stream_router_names(router, [&](Target target, std::string& used) {
    if (Fault fault = fault_in_reference(target, used)) disable_router(name, *fault);
  });
}

void StreamCheck::check_entry_points(const std::string& name, OpaqueSpec& router) {
  Node& list = router.options.at("entryPoints");
  make_word_list(list);
  std::erase_if(list.items, [&](const Node& point) {
    if (family_.entry_points.contains(point.scalar)) return false;
    pass_.warn(family_.router_states, family_.word + " router", name,
               "the " + family_.word + " entry point \"" + point.scalar + "\" does not exist");
    return true;
  });
  if (list.items.empty()) disable_router(name, "is on no " + family_.word + " entry point");
  for (const Node& point : list.items) {
    family_.router_states[name].uses.push_back(point.scalar);
  }
}

void StreamCheck::check_rule(const std::string& name, const OpaqueSpec& router) {
  const Node* rule = router.options.find("rule");
  if (rule == nullptr || !rule->is_scalar() || rule->scalar.empty()) {
    disable_router(name, "has no rule; write one, e.g. HostSNI(`*`)");
    return;
  }
  if (!pass_.settings().check_tcp_rule) return;
  Diagnostics found;
  auto spec = stream_spec<TcpRouterSpec>(router, "", "", found);
  if (Fault fault =
          pass_.settings().check_tcp_rule(spec.rule, spec.rule_syntax, spec.tls.has_value())) {
    disable_router(name, "the rule " + rule->scalar + " is wrong: " + *fault);
  }
}

}  // namespace

void validate_streams(ValidationPass& pass) {
  OtherObjects& objects = pass.objects();
  Validation& result = pass.result();
  const std::map<std::string, OpaqueSpec> none;
  StreamCheck(pass, {"TCP", objects.tcp_routers, objects.tcp_services, objects.tcp_middlewares,
                     objects.tcp_servers_transports, result.tcp_routers, result.tcp_services,
                     pass.settings().entry_points, &result.tcp_middlewares,
                     &fault_in<TcpRouterSpec>, &fault_in<TcpServiceSpec>})
      .run();
  StreamCheck(pass, {"UDP", objects.udp_routers, objects.udp_services, none, none,
                     result.udp_routers, result.udp_services, pass.settings().udp_entry_points,
                     nullptr, &fault_in<UdpRouterSpec>, &fault_in<UdpServiceSpec>})
      .run();
}

}  // namespace fairlead::config
