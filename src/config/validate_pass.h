// The steps of validate(), each over one part of the configuration. They share this state; order
// matters: services and middlewares first (they refer to one another), routers after them, nested
// routers last. On the stack of validate().
#pragma once

#include <string>

#include "config/name_index.h"
#include "config/references.h"
#include "config/validate.h"

namespace fairlead::config {

// A section of HTTP objects beside their statuses: the maps have the same names in the same order,
// so one position serves for both.
template <class Spec>
class CheckedSection {
 public:
  CheckedSection(std::map<std::string, Spec>& objects, StatusMap& states) : objects_(objects) {
    statuses_.reserve(states.size());
    for (auto& [name, status] : states) statuses_.push_back(&status);
  }

  static constexpr size_t kNone = NameIndex<std::map<std::string, Spec>>::kNone;
  size_t size() const { return objects_.size(); }
  size_t position(std::string_view name) const { return objects_.position(name); }
  const std::string& name(size_t position) const { return objects_[position].first; }
  Spec& spec(size_t position) const { return objects_[position].second; }
  ObjectStatus& status(size_t position) const { return *statuses_[position]; }
  bool is_disabled(size_t position) const {
    return statuses_[position]->state == ObjectStatus::State::disabled;
  }

 private:
  NameIndex<std::map<std::string, Spec>> objects_;
  std::vector<ObjectStatus*> statuses_;
};

class ValidationPass {
 public:
  // `result` has a status for every object.
  ValidationPass(DynamicConfig& config, const ValidateSettings& settings, Validation& result)
      : config_(config),
        objects_(config.objects),
        settings_(settings),
        result_(result),
        routers_(objects_.routers, result.routers),
        services_(objects_.services, result.services),
        middlewares_(objects_.middlewares, result.middlewares) {}

  DynamicConfig& config() { return config_; }
  Objects& objects() { return objects_; }
  const ValidateSettings& settings() const { return settings_; }
  Validation& result() { return result_; }
  const CheckedSection<RouterSpec>& routers() const { return routers_; }
  const CheckedSection<ServiceSpec>& services() const { return services_; }
  const CheckedSection<MiddlewareSpec>& middlewares() const { return middlewares_; }

  // Each also reports a diagnostic. `word` is the kind of object, for people ("router").
  void disable(StatusMap& map, std::string_view word, const std::string& name, std::string why);
  void warn(StatusMap& map, std::string_view word, const std::string& name, std::string why);
  static bool is_disabled(const StatusMap& map, const std::string& name);
  static void note_user(ObjectStatus& used, const std::string& user);

  // "the service \"x@file\" does not exist; did you mean …?"
  template <class Spec>
  std::string missing(std::string_view word, const std::string& name,
                      const std::map<std::string, Spec>& known) {
    std::vector<std::string_view> names;
    // Why: looking for near names costs time for every one of them; a configuration with many
    // dangling references is broken for one reason, which the first hints show.
    if (hints_left_ > 0) {
      --hints_left_;
      for (const auto& [candidate, spec] : known) names.push_back(candidate);
    }
    return missing_text(word, name, names);
  }

 private:
  void report(Severity severity, std::string_view word, const std::string& name,
              const std::string& why);
  static std::string missing_text(std::string_view word, const std::string& name,
                                  const std::vector<std::string_view>& known);

  DynamicConfig& config_;
  Objects& objects_;
  const ValidateSettings& settings_;
  Validation& result_;
  CheckedSection<RouterSpec> routers_;
  CheckedSection<ServiceSpec> services_;
  CheckedSection<MiddlewareSpec> middlewares_;
  int hints_left_ = 20;
};

void validate_references(ValidationPass& pass);  // services and middlewares
void validate_routers(ValidationPass& pass);
void validate_nesting(ValidationPass& pass);  // parentRefs
void validate_streams(ValidationPass& pass);  // TCP and UDP

// Moves every disabled object of a section from the configuration to the rejected ones.
template <class Spec>
void move_disabled(std::map<std::string, Spec>& from, std::map<std::string, Spec>& rejected,
                   const StatusMap& states) {
  for (const auto& [name, status] : states) {
    if (status.state != ObjectStatus::State::disabled) continue;
    auto found = from.find(name);
    if (found != from.end()) rejected.insert(from.extract(found));
  }
}

}  // namespace fairlead::config
