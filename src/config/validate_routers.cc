// HTTP routers, each by itself: entry points, rule, priority, and everything it names.
#include <algorithm>

#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

class RouterCheck {
 public:
  RouterCheck(ValidationPass& pass, size_t position)
      : pass_(pass),
        position_(position),
        note_(pass.memory().routers[position]),
        is_child_(!router().parent_refs.empty()) {}

  void run() {
    if (!note_.is_good) {
      check_entry_points();
      check_rule();
      check_priority();
      note_.is_good = !is_faulty_;
    }
    check_service();
    check_middlewares();
    check_tls();
  }

 private:
  void disable(std::string why) {
    is_faulty_ = true;
    pass_.disable(pass_.routers(), position_, std::move(why));
  }
  void warn(std::string why) {
    is_faulty_ = true;
    pass_.warn(pass_.routers(), position_, std::move(why));
  }
  // Not kept: it is another object once it was edited.
  const RouterSpec& router() const { return pass_.routers().spec(position_); }

  void check_entry_points();
  void check_rule();
  void check_priority();
  void check_service();
  void check_middlewares();
  void check_tls();

  ValidationPass& pass_;
  size_t position_;
  RouterNote& note_;
  bool is_child_;
  bool is_faulty_ = false;
};

void RouterCheck::check_entry_points() {
  if (is_child_) return;  // see validate_nesting
  const auto& known = pass_.settings().entry_points;
  if (router().entry_points.empty()) {
    disable("is on no entry point: it names none and no entry point is a default");
    return;
  }
  auto is_known = [&](const std::string& point) { return known.contains(point); };
  if (std::ranges::all_of(router().entry_points, is_known)) return;
  std::vector<std::string>& points = pass_.routers().edit(position_).entry_points;
  std::erase_if(points, [&](const std::string& point) {
    if (is_known(point)) return false;
    std::string why = "the entry point \"" + point + "\" does not exist";
    std::string_view near = nearest(point, {known.begin(), known.end()});
    if (!near.empty()) why += "; did you mean \"" + std::string(near) + "\"?";
    warn(std::move(why));
    return true;
  });
  if (points.empty()) disable("none of its entry points exists");
}

void RouterCheck::check_rule() {
  if (router().rule.empty()) {
    // A child without a rule takes everything its parent lets through.
    if (!is_child_) disable("has no rule; write one, e.g. Host(`example.com`)");
    return;
  }
  if (!pass_.settings().check_rule) return;
  if (Fault fault = pass_.settings().check_rule(router().rule, router().rule_syntax)) {
    disable("the rule " + router().rule + " is wrong: " + *fault);
  }
}

void RouterCheck::check_priority() {
  if (router().priority <= kMaxUserPriority) return;
  if (provider_of(pass_.routers().name(position_)) == "internal") return;
  disable("the priority " + std::to_string(router().priority) + " is above " +
          std::to_string(kMaxUserPriority) + ", the highest that is not reserved");
}

void RouterCheck::check_service() {
  const std::string& service = router().service;
  if (service.empty()) return;  // a parent, perhaps: see validate_nesting
  if (pass_.settings().internal_services.contains(service)) return;
  const auto& services = pass_.services();
  size_t found = note_.service_at;
  if (found >= services.size() || services.name(found) != service) {
    found = services.position(service);
  }
  if (found == services.kNone) {
    disable(pass_.missing("service", service, pass_.objects().services));
    return;
  }
  note_.service_at = static_cast<uint32_t>(found);
  if (services.is_disabled(found)) disable("the service \"" + service + "\" is disabled");
}

void RouterCheck::check_middlewares() {
  const auto& middlewares = pass_.middlewares();
  for (const std::string& middleware : router().middlewares) {
    size_t found = middlewares.position(middleware);
    if (found == middlewares.kNone) {
      disable(pass_.missing("middleware", middleware, pass_.objects().middlewares));
    } else if (middlewares.is_disabled(found)) {
      disable("the middleware \"" + middleware + "\" is disabled");
    }
  }
}

void RouterCheck::check_tls() {
  if (!router().tls) return;
  const auto& options = pass_.objects().tls_options;
  const std::string& wanted = router().tls->options;
  if (!wanted.empty() && wanted != "default" && !options.contains(wanted)) {
    disable(pass_.missing("TLS options object", wanted, options));
  }
  const std::string& resolver = router().tls->cert_resolver;
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
