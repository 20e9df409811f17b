#include "config/validate.h"

#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

// Every object has a status, also the good ones.
template <class ByName>
void enter(const ByName& objects, StatusMap& states) {
  for (const auto& [name, spec] : objects) states.try_emplace(states.end(), name);
}

void enter_streams(const OtherObjects& objects, Validation& result) {
  enter(objects.tcp_routers, result.tcp_routers);
  enter(objects.tcp_services, result.tcp_services);
  enter(objects.tcp_middlewares, result.tcp_middlewares);
  enter(objects.udp_routers, result.udp_routers);
  enter(objects.udp_services, result.udp_services);
}

void note_use(StatusMap& states, const std::string& name, const std::string& user) {
  auto found = states.find(name);
  if (found != states.end()) ValidationPass::note_user(found->second, user);
}

// Before anything is removed: the API also shows the users of what is broken.
void note_stream_uses(OtherObjects& objects, Validation& result) {
  for (auto& [name, router] : objects.tcp_routers) {
    visit_stream_router_names(router, [&](Target target, std::string& used) {
      if (target == Target::service) note_use(result.tcp_services, used, name);
      if (target == Target::middleware) note_use(result.tcp_middlewares, used, name);
    });
  }
  for (auto& [name, router] : objects.udp_routers) {
    visit_stream_router_names(router, [&](Target target, std::string& used) {
      if (target == Target::service) note_use(result.udp_services, used, name);
    });
  }
}

template <class Spec>
void move_disabled(CheckedSection<Spec>& from, Section<Spec>& rejected) {
  if (from.has_disabled()) rejected = from.extract_disabled();
}

void move_all_disabled(ValidationPass& pass) {
  OtherObjects& objects = pass.objects();
  Validation& result = pass.result();
  MergedObjects& rejected = result.rejected;
  move_disabled(pass.routers(), rejected.routers);
  move_disabled(pass.services(), rejected.services);
  move_disabled(pass.middlewares(), rejected.middlewares);
  move_disabled(objects.tcp_routers, rejected.tcp_routers, result.tcp_routers);
  move_disabled(objects.tcp_services, rejected.tcp_services, result.tcp_services);
  move_disabled(objects.tcp_middlewares, rejected.tcp_middlewares, result.tcp_middlewares);
  move_disabled(objects.udp_routers, rejected.udp_routers, result.udp_routers);
  move_disabled(objects.udp_services, rejected.udp_services, result.udp_services);
}

}  // namespace

std::string_view name(ObjectStatus::State state) {
  static constexpr std::string_view kNames[] = {"enabled", "warning", "disabled"};
  return kNames[static_cast<size_t>(state)];
}

void ValidationPass::disable(StatusMap& map, std::string_view word, const std::string& name,
                             std::string why) {
  report(Severity::error, word, name, why);
  map[name].state = ObjectStatus::State::disabled;
  map[name].errors.push_back(std::move(why));
}

void ValidationPass::warn(StatusMap& map, std::string_view word, const std::string& name,
                          std::string why) {
  report(Severity::warning, word, name, why);
  note_warning(map[name], std::move(why));
}

void ValidationPass::note_warning(ObjectStatus& status, std::string why) {
  if (status.state == ObjectStatus::State::enabled) status.state = ObjectStatus::State::warning;
  status.errors.push_back(std::move(why));
}

bool ValidationPass::is_disabled(const StatusMap& map, const std::string& name) {
  auto found = map.find(name);
  return found != map.end() && found->second.state == ObjectStatus::State::disabled;
}

void ValidationPass::note_user(ObjectStatus& used, const std::string& user) {
  if (used.used_by.empty() || used.used_by.back() != user) used.used_by.push_back(user);
}

void ValidationPass::report(Severity severity, std::string_view word, const std::string& name,
                            const std::string& why) {
  config_.diagnostics.push_back(
      {severity, std::string(provider_of(name)), std::string(word) + " " + name, "", why});
}

std::string ValidationPass::missing_text(std::string_view word, const std::string& name,
                                         const std::vector<std::string_view>& known) {
  std::string text = "the " + std::string(word) + " \"" + name + "\" does not exist";
  std::string_view near = nearest(name, known);
  if (!near.empty()) text += "; did you mean \"" + std::string(near) + "\"?";
  return text;
}

void complete_statuses(const MergedObjects& in_force, Validation& validation) {
  using Element = Section<RouterSpec>::Element;
  for (const MergedObjects* objects : {&in_force, &std::as_const(validation.rejected)}) {
    enter(objects->routers, validation.routers);
    enter(objects->services, validation.services);
    enter(objects->middlewares, validation.middlewares);
  }
  std::vector<const Element*> routers;
  for (const Element& router : in_force.routers) routers.push_back(&router);
  for (const Element& router : validation.rejected.routers) routers.push_back(&router);
  std::ranges::sort(routers, {}, [](const Element* one) { return std::string_view(one->first); });
  for (const Element* router : routers) {
    const auto& [name, spec] = *router;
    validation.routers[name].uses = spec.entry_points;
    note_use(validation.services, spec.service, name);
    for (const std::string& used : spec.middlewares) note_use(validation.middlewares, used, name);
  }
}

Validator::Validator(ValidateSettings settings)
    : settings_(std::move(settings)), memory_(std::make_unique<Memory>()) {}
Validator::~Validator() = default;

Validation Validator::validate(DynamicConfig& config) {
  Validation result;
  enter_streams(config.objects, result);
  note_stream_uses(config.objects, result);
  memory_->routers.align(config.objects.routers);
  memory_->services.align(config.objects.services);
  ValidationPass pass(config, settings_, result, *memory_);
  validate_references(pass);
  validate_routers(pass);
  validate_nesting(pass);
  validate_streams(pass);
  move_all_disabled(pass);
  return result;
}

Validation validate(DynamicConfig& config, const ValidateSettings& settings) {
  return Validator(settings).validate(config);
}

}  // namespace fairlead::config
