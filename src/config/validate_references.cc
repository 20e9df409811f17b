// Services and middlewares: each by itself, and the graph they form. A part that can be spared (one
// branch of a weighted service, one mirror) is left out with a warning; a part that cannot takes
// its owner with it.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "config/server_url.h"
#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

constexpr size_t kMaxNesting =
    100;  // deeper than any use; bounds the recursion here and while serving

enum class Mark : uint8_t { fresh, open, done };

// Depth first through services and middlewares, which may refer to one another both ways. A
// reference to something still open closes a loop: everything on the way round is disabled.
class ReferenceWalk {
 public:
  explicit ReferenceWalk(ValidationPass& pass)
      : pass_(pass), objects_(pass.objects()), result_(pass.result()) {}

  // Why the named object cannot be used; nothing when it can.
  Fault service_fault(const std::string& name);
  Fault middleware_fault(const std::string& name);

 private:
  struct Step {
    bool is_service;
    const std::string* name;
  };

  StatusMap& states(bool is_service) { return is_service ? result_.services : result_.middlewares; }
  bool is_in_loop(Step step) const {
    return (step.is_service ? looped_services_ : looped_middlewares_).contains(*step.name);
  }
  // What is in a loop is disabled for that; whatever follows from it would be noise.
  void disable(Step step, std::string why) {
    if (is_in_loop(step)) return;
    pass_.disable(states(step.is_service), step.is_service ? "service" : "middleware", *step.name,
                  std::move(why));
  }
  void disable_loop(Step from);
  template <class Check>
  Fault walk(Step step, Mark& mark, Check check);

  void check_service(const std::string& name, ServiceSpec& service);
  void check_balancer(const std::string& name, LoadBalancerSpec& balancer);
  void check_servers(const std::string& name, std::vector<ServerSpec>& servers);
  void check_weighted(const std::string& name, ServiceSpec& service);
  void check_mirroring(const std::string& name, ServiceSpec& service);
  void check_failover(const std::string& name, ServiceSpec& service);
  void check_middleware(const std::string& name, MiddlewareSpec& middleware);
  void require(Step owner, const Fault& fault) {
    if (fault) disable(owner, *fault);
  }
  void warn_service(const std::string& name, std::string why) {
    if (!is_in_loop({true, &name})) pass_.warn(result_.services, "service", name, std::move(why));
  }

  ValidationPass& pass_;
  Objects& objects_;
  Validation& result_;
  std::unordered_map<std::string_view, Mark> service_marks_,
      middleware_marks_;  // names of objects_
  std::set<std::string> looped_services_, looped_middlewares_;
  std::vector<Step> open_;
};

std::string text_at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node != nullptr && node->is_scalar() ? node->scalar : std::string();
}

template <class Check>
Fault ReferenceWalk::walk(Step step, Mark& mark, Check check) {
  auto because = [&](std::string_view why) {
    std::string_view word = step.is_service ? "service" : "middleware";
    return "the " + std::string(word) + " \"" + *step.name + "\" " + std::string(why);
  };
  if (mark == Mark::open) {
    disable_loop(step);
    return because("leads back to itself");
  }
  if (mark == Mark::fresh) {
    if (open_.size() >= kMaxNesting) return because("is nested deeper than 100 references");
    mark = Mark::open;
    open_.push_back(step);
    check();
    open_.pop_back();
    mark = Mark::done;
  }
  if (ValidationPass::is_disabled(states(step.is_service), *step.name)) {
    return because("is disabled");
  }
  return std::nullopt;
}

void ReferenceWalk::disable_loop(Step from) {
  auto start = std::ranges::find_if(open_, [&](const Step& step) {
    return step.is_service == from.is_service && *step.name == *from.name;
  });
  std::string path;
  for (auto at = start; at != open_.end(); ++at) path += *at->name + " → ";
  path += *from.name;
  for (auto at = start; at != open_.end(); ++at) {
    disable(*at, "refers to itself: " + path);
    (at->is_service ? looped_services_ : looped_middlewares_).insert(*at->name);
  }
}

Fault ReferenceWalk::service_fault(const std::string& name) {
  if (pass_.settings().internal_services.contains(name)) return std::nullopt;
  auto found = objects_.services.find(name);
  if (found == objects_.services.end()) return pass_.missing("service", name, objects_.services);
  return walk({true, &found->first}, service_marks_[found->first],
              [&] { check_service(found->first, found->second); });
}

Fault ReferenceWalk::middleware_fault(const std::string& name) {
  auto found = objects_.middlewares.find(name);
  if (found == objects_.middlewares.end()) {
    return pass_.missing("middleware", name, objects_.middlewares);
  }
  return walk({false, &found->first}, middleware_marks_[found->first],
              [&] { check_middleware(found->first, found->second); });
}

void ReferenceWalk::check_service(const std::string& name, ServiceSpec& service) {
  using Kind = ServiceSpec::Kind;
  ServiceSpec as_written = service;
  switch (service.kind) {
    case Kind::load_balancer:
      check_balancer(name, service.load_balancer);
      break;
    case Kind::weighted:
    case Kind::highest_random_weight:
      check_weighted(name, service);
      break;
    case Kind::mirroring:
      check_mirroring(name, service);
      break;
    case Kind::failover:
      check_failover(name, service);
      break;
  }
  for (const std::string& middleware : service.middlewares) {
    require({true, &name}, middleware_fault(middleware));
  }
  // Shown as it was written, not without the parts for which it was refused.
  if (ValidationPass::is_disabled(result_.services, name)) service = std::move(as_written);
}

void ReferenceWalk::check_balancer(const std::string& name, LoadBalancerSpec& balancer) {
  check_servers(name, balancer.servers);
  if (pass_.settings().check_strategy) {
    require({true, &name}, pass_.settings().check_strategy(balancer.strategy));
  }
  const std::string& transport = balancer.servers_transport;
  if (transport.empty() || transport == "default@internal") return;
  if (!objects_.servers_transports.contains(transport)) {
    disable({true, &name},
            pass_.missing("serversTransport", transport, objects_.servers_transports));
  }
}

void ReferenceWalk::check_servers(const std::string& name, std::vector<ServerSpec>& servers) {
  if (servers.empty()) {
    warn_service(name, "has no server; its requests are answered with 503");
    return;
  }
  std::erase_if(servers, [&](const ServerSpec& server) {
    Fault fault = fault_in_server_url(server.url);
    if (!fault && server.weight < 0) {
      fault = "the server \"" + server.url + "\" has weight " + std::to_string(server.weight) +
              "; it must be 0 (no requests) or more";
    }
    if (fault) warn_service(name, *fault);
    return fault.has_value();
  });
  if (servers.empty()) disable({true, &name}, "none of its servers can be used");
}

void ReferenceWalk::check_weighted(const std::string& name, ServiceSpec& service) {
  if (service.services.empty()) {
    disable({true, &name}, "lists no services");
    return;
  }
  std::erase_if(service.services, [&](const WeightedRef& ref) {
    Fault fault = service_fault(ref.name);
    if (fault) warn_service(name, "goes on without one of its services: " + *fault);
    return fault.has_value();
  });
  if (service.services.empty()) disable({true, &name}, "none of its services can be used");
}

void ReferenceWalk::check_mirroring(const std::string& name, ServiceSpec& service) {
  require({true, &name}, service_fault(text_at(service.options, "service")));
  Node* mirrors = service.options.find("mirrors");
  if (mirrors == nullptr) return;
  std::erase_if(mirrors->items, [&](const Node& mirror) {
    Fault fault = service_fault(text_at(mirror, "name"));
    if (fault) warn_service(name, "goes on without one of its mirrors: " + *fault);
    return fault.has_value();
  });
}

// Why not disabled when one side is gone: standing in for a missing service is what failover is
// for.
void ReferenceWalk::check_failover(const std::string& name, ServiceSpec& service) {
  std::string primary = text_at(service.options, "service");
  std::string fallback = text_at(service.options, "fallback");
  Fault primary_fault = service_fault(primary);
  Fault fallback_fault = service_fault(fallback);
  if (!primary_fault && !fallback_fault) return;
  if (primary_fault && fallback_fault) {
    disable({true, &name}, "neither side can be used: " + *primary_fault + "; " + *fallback_fault);
    return;
  }
  warn_service(name, primary_fault ? "everything goes to the fallback: " + *primary_fault
                                   : "has no fallback: " + *fallback_fault);
  service.kind = ServiceSpec::Kind::weighted;
  service.services = {{primary_fault ? fallback : primary, 1}};
  service.options = Node::map();
}

void ReferenceWalk::check_middleware(const std::string& name, MiddlewareSpec& middleware) {
  if (pass_.settings().check_middleware) {
    std::vector<std::string> warnings;
    require({false, &name}, pass_.settings().check_middleware(name, middleware, warnings));
    for (std::string& warning : warnings) {
      pass_.warn(result_.middlewares, "middleware", name, std::move(warning));
    }
  }
  visit_names(middleware, [&](Target target, std::string& used) {
    require({false, &name},
            target == Target::service ? service_fault(used) : middleware_fault(used));
  });
}

}  // namespace

void validate_references(ValidationPass& pass) {
  ReferenceWalk walk(pass);
  for (const auto& [name, service] : pass.objects().services) (void)walk.service_fault(name);
  for (const auto& [name, middleware] : pass.objects().middlewares)
    (void)walk.middleware_fault(name);
}

}  // namespace fairlead::config
