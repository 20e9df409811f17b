// Services and middlewares: each by itself, and the graph they form. A part that can be spared (one
// branch of a weighted service, one mirror) is left out with a warning; a part that cannot takes
// its owner with it.
#include <algorithm>
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
    size_t position;
    bool operator==(const Step&) const = default;
  };

  const std::string& name(Step step) const {
    return step.is_service ? pass_.services().name(step.position)
                           : pass_.middlewares().name(step.position);
  }
  bool is_disabled(Step step) const {
    return step.is_service ? pass_.services().is_disabled(step.position)
                           : pass_.middlewares().is_disabled(step.position);
  }
  bool is_in_loop(Step step) const {
    return (step.is_service ? looped_services_ : looped_middlewares_).contains(step.position);
  }
  // What is in a loop is disabled for that; whatever follows from it would be noise.
  void disable(Step step, std::string why) {
    if (is_in_loop(step)) return;
    if (step.is_service) {
      pass_.disable(pass_.services(), step.position, std::move(why));
    } else {
      pass_.disable(pass_.middlewares(), step.position, std::move(why));
    }
  }
  void disable_loop(Step from);
  template <class Check>
  Fault walk(Step step, Mark& mark, Check check);

  void check_service(Step self);
  void check_balancer(Step self);
  bool check_servers(Step self);  // whether there is nothing to say about them
  void check_weighted(Step self);
  void check_mirroring(Step self);
  void check_failover(Step self);
  void check_middleware(Step self);
  // Not to be kept: it is another object once it was edited.
  const ServiceSpec& service(Step self) const { return pass_.services().spec(self.position); }
  void require(Step owner, const Fault& fault) {
    if (fault) disable(owner, *fault);
  }
  void warn_service(Step self, std::string why) {
    if (!is_in_loop(self)) pass_.warn(pass_.services(), self.position, std::move(why));
  }

  ValidationPass& pass_;
  MergedObjects& objects_;
  std::vector<Mark> service_marks_, middleware_marks_;  // by position in their sections
  std::set<size_t> looped_services_, looped_middlewares_;
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
    return "the " + std::string(word) + " \"" + name(step) + "\" " + std::string(why);
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
  if (is_disabled(step)) return because("is disabled");
  return std::nullopt;
}

void ReferenceWalk::disable_loop(Step from) {
  auto start = std::ranges::find(open_, from);
  std::string path;
  for (auto at = start; at != open_.end(); ++at) path += name(*at) + " → ";
  path += name(from);
  for (auto at = start; at != open_.end(); ++at) {
    disable(*at, "refers to itself: " + path);
    (at->is_service ? looped_services_ : looped_middlewares_).insert(at->position);
  }
}

Fault ReferenceWalk::service_fault(const std::string& name) {
  if (pass_.settings().internal_services.contains(name)) return std::nullopt;
  size_t found = pass_.services().position(name);
  if (found == pass_.services().kNone) return pass_.missing("service", name, objects_.services);
  return service_fault(found);
}

Fault ReferenceWalk::service_fault(size_t position) {
  Step step{true, position};
  return walk(step, service_marks_[position], [&] { check_service(step); });
}

Fault ReferenceWalk::middleware_fault(const std::string& name) {
  size_t found = pass_.middlewares().position(name);
  if (found == pass_.middlewares().kNone) {
    return pass_.missing("middleware", name, objects_.middlewares);
  }
  return middleware_fault(found);
}

Fault ReferenceWalk::middleware_fault(size_t position) {
  Step step{false, position};
  return walk(step, middleware_marks_[position], [&] { check_middleware(step); });
}

void ReferenceWalk::check_service(Step self) {
  using Kind = ServiceSpec::Kind;
  auto& services = pass_.services();
  const Section<ServiceSpec>::Pointer as_written = services.objects().pointer(self.position);
  switch (service(self).kind) {
    case Kind::load_balancer:
      check_balancer(self);
      break;
    case Kind::weighted:
    case Kind::highest_random_weight:
      check_weighted(self);
      break;
    case Kind::mirroring:
      check_mirroring(self);
      break;
    case Kind::failover:
      check_failover(self);
      break;
  }
  for (const std::string& middleware : as_written->second.middlewares) {
    require(self, middleware_fault(middleware));
  }
  // Shown as it was written, not without the parts for which it was refused.
  if (is_disabled(self)) services.objects().replace(self.position, as_written);
}

void ReferenceWalk::check_balancer(Step self) {
  ServiceNote& note = pass_.memory().services[self.position];
  if (!note.is_good) {
    bool is_good = check_servers(self);
    Fault fault;
    if (pass_.settings().check_strategy) {
      fault = pass_.settings().check_strategy(service(self).load_balancer.strategy);
    }
    require(self, fault);
    note.is_good = is_good && !fault;
  }
  const std::string& transport = service(self).load_balancer.servers_transport;
  if (transport.empty() || transport == "default@internal") return;
  if (!objects_.servers_transports.contains(transport)) {
    disable(self, pass_.missing("serversTransport", transport, objects_.servers_transports));
  }
}

bool ReferenceWalk::check_servers(Step self) {
  const std::vector<ServerSpec>& written = service(self).load_balancer.servers;
  if (written.empty()) {
    warn_service(self, "has no server; its requests are answered with 503");
    return false;
  }
  if (std::ranges::all_of(written, [](const ServerSpec& one) { return !fault_in_server(one); })) {
    return true;
  }
  std::vector<ServerSpec>& servers = pass_.services().edit(self.position).load_balancer.servers;
  std::erase_if(servers, [&](const ServerSpec& server) {
    Fault fault = fault_in_server(server);
    if (fault) warn_service(self, *fault);
    return fault.has_value();
  });
  if (servers.empty()) disable(self, "none of its servers can be used");
  return false;
}

void ReferenceWalk::check_weighted(Step self) {
  if (service(self).services.empty()) {
    disable(self, "lists no services");
    return;
  }
  std::vector<WeightedRef> usable = service(self).services;
  size_t erased = std::erase_if(usable, [&](const WeightedRef& ref) {
    Fault fault = service_fault(ref.name);
    if (fault) warn_service(self, "goes on without one of its services: " + *fault);
    return fault.has_value();
  });
  if (erased == 0) return;
  if (usable.empty()) disable(self, "none of its services can be used");
  pass_.services().edit(self.position).services = std::move(usable);
}

void ReferenceWalk::check_mirroring(Step self) {
  require(self, service_fault(text_at(service(self).options, "service")));
  const Node* written = service(self).options.find("mirrors");
  if (written == nullptr) return;
  std::vector<Node> usable = written->items;
  size_t erased = std::erase_if(usable, [&](const Node& mirror) {
    Fault fault = service_fault(text_at(mirror, "name"));
    if (fault) warn_service(self, "goes on without one of its mirrors: " + *fault);
    return fault.has_value();
  });
  if (erased == 0) return;
  pass_.services().edit(self.position).options.at("mirrors").items = std::move(usable);
}

// Why not disabled when one side is gone: standing in for a missing service is what failover is
// for.
void ReferenceWalk::check_failover(Step self) {
  std::string primary = text_at(service(self).options, "service");
  std::string fallback = text_at(service(self).options, "fallback");
  Fault primary_fault = service_fault(primary);
  Fault fallback_fault = service_fault(fallback);
  if (!primary_fault && !fallback_fault) return;
  if (primary_fault && fallback_fault) {
    disable(self, "neither side can be used: " + *primary_fault + "; " + *fallback_fault);
    return;
  }
  warn_service(self, primary_fault ? "everything goes to the fallback: " + *primary_fault
                                   : "has no fallback: " + *fallback_fault);
  ServiceSpec& left = pass_.services().edit(self.position);
  left.kind = ServiceSpec::Kind::weighted;
  left.services = {{primary_fault ? fallback : primary, 1}};
  left.options = Node::map();
}

void ReferenceWalk::check_middleware(Step self) {
  const MiddlewareSpec& middleware = pass_.middlewares().spec(self.position);
  if (pass_.settings().check_middleware) {
    std::vector<std::string> warnings;
    require(self, pass_.settings().check_middleware(name(self), middleware, warnings));
    for (std::string& warning : warnings) {
      pass_.warn(pass_.middlewares(), self.position, std::move(warning));
    }
  }
  read_names(middleware, [&](Target target, const std::string& used) {
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
