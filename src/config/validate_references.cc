// Services and middlewares: each by itself, and the graph they form. A part that can be spared (one
// branch of a weighted service, one mirror) is left out with a warning; a part that cannot takes
// its owner with it.
#include <algorithm>
#include <optional>
#include <set>

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
      : pass_(pass),
        objects_(pass.objects()),
        result_(pass.result()),
        service_marks_(pass.services().size()),
        middleware_marks_(pass.middlewares().size()) {}

  // Why the object cannot be used; nothing when it can.
  Fault service_fault(const std::string& name);
  Fault service_fault(size_t position);
  Fault middleware_fault(const std::string& name);
  Fault middleware_fault(size_t position);

 private:
  struct Step {
    bool is_service;
    const std::string* name;
    const ObjectStatus* status;
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

  void check_service(Step self, ServiceSpec& service);
  void check_balancer(Step self, ServiceSpec& service, std::optional<ServiceSpec>& as_written);
  void check_servers(Step self, ServiceSpec& service, std::optional<ServiceSpec>& as_written);
  void check_weighted(Step self, ServiceSpec& service);
  void check_mirroring(Step self, ServiceSpec& service);
  void check_failover(Step self, ServiceSpec& service);
  void check_middleware(Step self, MiddlewareSpec& middleware);
  void require(Step owner, const Fault& fault) {
    if (fault) disable(owner, *fault);
  }
  void warn_service(Step self, std::string why) {
    if (!is_in_loop(self)) pass_.warn(result_.services, "service", *self.name, std::move(why));
  }

  ValidationPass& pass_;
  Objects& objects_;
  Validation& result_;
  std::vector<Mark> service_marks_, middleware_marks_;  // by position in their sections
  std::set<std::string> looped_services_, looped_middlewares_;
  std::vector<Step> open_;
};

std::string text_at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node != nullptr && node->is_scalar() ? node->scalar : std::string();
}

Fault fault_in_server(const ServerSpec& server) {
  Fault fault = fault_in_server_url(server.url);
  if (!fault && server.weight < 0) {
    fault = "the server \"" + server.url + "\" has weight " + std::to_string(server.weight) +
            "; it must be 0 (no requests) or more";
  }
  return fault;
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
  if (step.status->state == ObjectStatus::State::disabled) return because("is disabled");
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
  size_t found = pass_.services().position(name);
  if (found == pass_.services().kNone) return pass_.missing("service", name, objects_.services);
  return service_fault(found);
}

Fault ReferenceWalk::service_fault(size_t position) {
  const auto& services = pass_.services();
  Step step{true, &services.name(position), &services.status(position)};
  return walk(step, service_marks_[position],
              [&] { check_service(step, services.spec(position)); });
}

Fault ReferenceWalk::middleware_fault(const std::string& name) {
  size_t found = pass_.middlewares().position(name);
  if (found == pass_.middlewares().kNone) {
    return pass_.missing("middleware", name, objects_.middlewares);
  }
  return middleware_fault(found);
}

Fault ReferenceWalk::middleware_fault(size_t position) {
  const auto& middlewares = pass_.middlewares();
  Step step{false, &middlewares.name(position), &middlewares.status(position)};
  return walk(step, middleware_marks_[position],
              [&] { check_middleware(step, middlewares.spec(position)); });
}

void ReferenceWalk::check_service(Step self, ServiceSpec& service) {
  using Kind = ServiceSpec::Kind;
  std::optional<ServiceSpec> as_written;  // once parts of it may be taken out
  if (service.kind != Kind::load_balancer) as_written = service;
  switch (service.kind) {
    case Kind::load_balancer:
      check_balancer(self, service, as_written);
      break;
    case Kind::weighted:
    case Kind::highest_random_weight:
      check_weighted(self, service);
      break;
    case Kind::mirroring:
      check_mirroring(self, service);
      break;
    case Kind::failover:
      check_failover(self, service);
      break;
  }
  for (const std::string& middleware : service.middlewares) {
    require(self, middleware_fault(middleware));
  }
  // Shown as it was written, not without the parts for which it was refused.
  if (as_written && self.status->state == ObjectStatus::State::disabled) {
    service = std::move(*as_written);
  }
}

void ReferenceWalk::check_balancer(Step self, ServiceSpec& service,
                                   std::optional<ServiceSpec>& as_written) {
  check_servers(self, service, as_written);
  const LoadBalancerSpec& balancer = service.load_balancer;
  if (pass_.settings().check_strategy) {
    require(self, pass_.settings().check_strategy(balancer.strategy));
  }
  const std::string& transport = balancer.servers_transport;
  if (transport.empty() || transport == "default@internal") return;
  if (!objects_.servers_transports.contains(transport)) {
    disable(self, pass_.missing("serversTransport", transport, objects_.servers_transports));
  }
}

void ReferenceWalk::check_servers(Step self, ServiceSpec& service,
                                  std::optional<ServiceSpec>& as_written) {
  std::vector<ServerSpec>& servers = service.load_balancer.servers;
  if (servers.empty()) {
    warn_service(self, "has no server; its requests are answered with 503");
    return;
  }
  // Why looked at twice: among many services almost none has a bad server, and a copy of each costs
  // more than all the rest of its check.
  if (std::ranges::all_of(servers, [](const ServerSpec& one) { return !fault_in_server(one); })) {
    return;
  }
  as_written = service;
  std::erase_if(servers, [&](const ServerSpec& server) {
    Fault fault = fault_in_server(server);
    if (fault) warn_service(self, *fault);
    return fault.has_value();
  });
  if (servers.empty()) disable(self, "none of its servers can be used");
}

void ReferenceWalk::check_weighted(Step self, ServiceSpec& service) {
  if (service.services.empty()) {
    disable(self, "lists no services");
    return;
  }
  std::erase_if(service.services, [&](const WeightedRef& ref) {
    Fault fault = service_fault(ref.name);
    if (fault) warn_service(self, "goes on without one of its services: " + *fault);
    return fault.has_value();
  });
  if (service.services.empty()) disable(self, "none of its services can be used");
}

void ReferenceWalk::check_mirroring(Step self, ServiceSpec& service) {
  require(self, service_fault(text_at(service.options, "service")));
  Node* mirrors = service.options.find("mirrors");
  if (mirrors == nullptr) return;
  std::erase_if(mirrors->items, [&](const Node& mirror) {
    Fault fault = service_fault(text_at(mirror, "name"));
    if (fault) warn_service(self, "goes on without one of its mirrors: " + *fault);
    return fault.has_value();
  });
}

// Why not disabled when one side is gone: standing in for a missing service is what failover is
// for.
void ReferenceWalk::check_failover(Step self, ServiceSpec& service) {
  std::string primary = text_at(service.options, "service");
  std::string fallback = text_at(service.options, "fallback");
  Fault primary_fault = service_fault(primary);
  Fault fallback_fault = service_fault(fallback);
  if (!primary_fault && !fallback_fault) return;
  if (primary_fault && fallback_fault) {
    disable(self, "neither side can be used: " + *primary_fault + "; " + *fallback_fault);
    return;
  }
  warn_service(self, primary_fault ? "everything goes to the fallback: " + *primary_fault
                                   : "has no fallback: " + *fallback_fault);
  service.kind = ServiceSpec::Kind::weighted;
  service.services = {{primary_fault ? fallback : primary, 1}};
  service.options = Node::map();
}

void ReferenceWalk::check_middleware(Step self, MiddlewareSpec& middleware) {
  if (pass_.settings().check_middleware) {
    std::vector<std::string> warnings;
    require(self, pass_.settings().check_middleware(*self.name, middleware, warnings));
    for (std::string& warning : warnings) {
      pass_.warn(result_.middlewares, "middleware", *self.name, std::move(warning));
    }
  }
  visit_names(middleware, [&](Target target, std::string& used) {
    require(self, target == Target::service ? service_fault(used) : middleware_fault(used));
  });
}

}  // namespace

void validate_references(ValidationPass& pass) {
  ReferenceWalk walk(pass);
  for (size_t i = 0; i < pass.services().size(); ++i) {
    // Those that are built in stand before configured ones of the same name.
    if (!pass.settings().internal_services.contains(pass.services().name(i))) {
      (void)walk.service_fault(i);
    }
  }
  for (size_t i = 0; i < pass.middlewares().size(); ++i) (void)walk.middleware_fault(i);
}

}  // namespace fairlead::config
