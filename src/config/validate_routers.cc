// HTTP routers, each by itself: entry points, rule, priority, and everything it names.
#include <algorithm>

#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

class RouterCheck {
 public:
  RouterCheck(ValidationPass& pass, size_t position)
      : pass_(pass),
        name_(pass.routers().name(position)),
        router_(pass.routers().spec(position)),
        status_(pass.routers().status(position)),
        is_child_(!router_.parent_refs.empty()) {}

  void run() {
    check_entry_points();
    check_rule();
    check_priority();
    check_service();
    check_middlewares();
    check_tls();
  }

 private:
  void disable(std::string why) {
    pass_.disable(pass_.result().routers, "router", name_, std::move(why));
  }
  void warn(std::string why) {
    pass_.warn(pass_.result().routers, "router", name_, std::move(why));
  }

  void check_entry_points();
  void check_rule();
  void check_priority();
  void check_service();
  void check_middlewares();
  void check_tls();

  ValidationPass& pass_;
  const std::string& name_;
  RouterSpec& router_;
  ObjectStatus& status_;
  bool is_child_;
};

void RouterCheck::check_entry_points() {
  if (is_child_) return;  // see validate_nesting
  const auto& known = pass_.settings().entry_points;
  if (router_.entry_points.empty()) {
    disable("is on no entry point: it names none and no entry point is a default");
    return;
  }
  std::erase_if(router_.entry_points, [&](const std::string& point) {
    if (known.contains(point)) return false;
    std::string why = "the entry point \"" + point + "\" does not exist";
    std::string_view near = nearest(point, {known.begin(), known.end()});
    if (!near.empty()) why += "; did you mean \"" + std::string(near) + "\"?";
    warn(std::move(why));
    return true;
  });
  if (router_.entry_points.empty()) disable("none of its entry points exists");
  status_.uses = router_.entry_points;
}

void RouterCheck::check_rule() {
  if (router_.rule.empty()) {
    // A child without a rule takes everything its parent lets through.
    if (!is_child_) disable("has no rule; write one, e.g. Host(`example.com`)");
    return;
  }
  if (!pass_.settings().check_rule) return;
  if (Fault fault = pass_.settings().check_rule(router_.rule, router_.rule_syntax)) {
    disable("the rule " + router_.rule + " is wrong: " + *fault);
  }
}

void RouterCheck::check_priority() {
  if (router_.priority <= kMaxUserPriority || provider_of(name_) == "internal") return;
  disable("the priority " + std::to_string(router_.priority) + " is above " +
          std::to_string(kMaxUserPriority) + ", the highest that is not reserved");
}

void RouterCheck::check_service() {
  const std::string& service = router_.service;
  if (service.empty()) return;  // a parent, perhaps: see validate_nesting
  const auto& services = pass_.services();
  size_t found = services.position(service);
  if (found != services.kNone) ValidationPass::note_user(services.status(found), name_);
  if (pass_.settings().internal_services.contains(service)) return;
  if (found == services.kNone) {
    disable(pass_.missing("service", service, pass_.objects().services));
  } else if (services.is_disabled(found)) {
    disable("the service \"" + service + "\" is disabled");
  }
}

void RouterCheck::check_middlewares() {
  const auto& middlewares = pass_.middlewares();
  for (const std::string& middleware : router_.middlewares) {
    size_t found = middlewares.position(middleware);
    if (found == middlewares.kNone) {
      disable(pass_.missing("middleware", middleware, pass_.objects().middlewares));
      continue;
    }
    ValidationPass::note_user(middlewares.status(found), name_);
    if (middlewares.is_disabled(found)) {
      disable("the middleware \"" + middleware + "\" is disabled");
    }
  }
}

void RouterCheck::check_tls() {
  if (!router_.tls) return;
  const auto& options = pass_.objects().tls_options;
  const std::string& wanted = router_.tls->options;
  if (!wanted.empty() && wanted != "default" && !options.contains(wanted)) {
    disable(pass_.missing("TLS options object", wanted, options));
  }
  const std::string& resolver = router_.tls->cert_resolver;
  if (!resolver.empty() && !pass_.settings().cert_resolvers.contains(resolver)) {
    warn("the certificate resolver \"" + resolver +
         "\" does not exist; the router goes on with the certificates there are");
  }
}

}  // namespace

void validate_routers(ValidationPass& pass) {
  for (size_t i = 0; i < pass.routers().size(); ++i) RouterCheck(pass, i).run();
}

}  // namespace fairlead::config
