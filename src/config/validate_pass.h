// The steps of validate(), each over one part of the configuration. They share this state; order
// matters: services and middlewares first (they refer to one another), routers after them, nested
// routers last. On the stack of validate().
#pragma once

#include <string>

#include "config/references.h"
#include "config/validate.h"

namespace fairlead::config {

class ValidationPass {
 public:
  ValidationPass(DynamicConfig& config, const ValidateSettings& settings)
      : config_(config), objects_(config.objects), settings_(settings) {}

  DynamicConfig& config() { return config_; }
  Objects& objects() { return objects_; }
  const ValidateSettings& settings() const { return settings_; }
  Validation& result() { return result_; }

  // Each also reports a diagnostic. `word` is the kind of object, for people ("router").
  void disable(StatusMap& map, std::string_view word, const std::string& name, std::string why);
  void warn(StatusMap& map, std::string_view word, const std::string& name, std::string why);
  static bool is_disabled(const StatusMap& map, const std::string& name);

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
  Validation result_;
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
  for (auto at = from.begin(); at != from.end();) {
    auto following = std::next(at);
    if (ValidationPass::is_disabled(states, at->first)) rejected.insert(from.extract(at));
    at = following;
  }
}

}  // namespace fairlead::config
