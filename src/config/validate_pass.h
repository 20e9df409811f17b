// The steps of validate(), each over one part of the configuration. They share this state; order
// matters: services and middlewares first (they refer to one another), routers after them, nested
// routers last. On the stack of validate().
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/name_index.h"
#include "config/references.h"
#include "config/validate.h"

namespace fairlead::config {

// What was found out about an object, good as long as it is the same object.
struct RouterNote {
  bool is_good = false;     // its entry points, rule and priority
  uint32_t service_at = 0;  // where its service was; to be looked at again
};
struct ServiceNote {
  bool is_good = false;  // a load balancer with its servers and strategy
};

struct Validator::Memory {
  Recall<RouterSpec, RouterNote> routers;
  Recall<ServiceSpec, ServiceNote> services;
};

// A section of HTTP objects and what is wrong with them. Objects are changed by edit(): the old
// ones may be shared.
template <class Spec>
class CheckedSection {
 public:
  CheckedSection(std::string_view word, Section<Spec>& objects, StatusMap& states)
      : word(word), objects_(objects), states_(states), is_disabled_(objects.size()) {}

  const std::string_view word;  // the kind of object, for people ("router")

  static constexpr size_t kNone = NameIndex<Spec>::kNone;
  size_t size() const { return objects_.size(); }
  size_t position(std::string_view name) const {
    if (!index_) index_.emplace(objects_);
    return index_->position(name);
  }
  const std::string& name(size_t position) const { return objects_[position].first; }
  const Spec& spec(size_t position) const { return objects_[position].second; }
  Spec& edit(size_t position) { return objects_.edit(position); }
  Section<Spec>& objects() { return objects_; }
  const Section<Spec>& objects() const { return objects_; }

  ObjectStatus& status(size_t position) { return states_[name(position)]; }
  bool is_disabled(size_t position) const { return is_disabled_[position]; }
  void set_disabled(size_t position) { is_disabled_[position] = true; }
  Section<Spec> extract_disabled() {
    return objects_.extract_if([this](size_t position) { return is_disabled_[position]; });
  }
  bool has_disabled() const { return std::ranges::find(is_disabled_, true) != is_disabled_.end(); }

 private:
  Section<Spec>& objects_;
  StatusMap& states_;
  mutable std::optional<NameIndex<Spec>> index_;  // once it is asked
  std::vector<bool> is_disabled_;
};

class ValidationPass {
 public:
  ValidationPass(DynamicConfig& config, const ValidateSettings& settings, Validation& result,
                 Validator::Memory& memory)
      : config_(config),
        objects_(config.objects),
        settings_(settings),
        result_(result),
        memory_(memory),
        routers_("router", objects_.routers, result.routers),
        services_("service", objects_.services, result.services),
        middlewares_("middleware", objects_.middlewares, result.middlewares) {}

  DynamicConfig& config() { return config_; }
  MergedObjects& objects() { return objects_; }
  const ValidateSettings& settings() const { return settings_; }
  Validation& result() { return result_; }
  Validator::Memory& memory() { return memory_; }
  CheckedSection<RouterSpec>& routers() { return routers_; }
  CheckedSection<ServiceSpec>& services() { return services_; }
  CheckedSection<MiddlewareSpec>& middlewares() { return middlewares_; }

  // Each also reports a diagnostic.
  template <class Spec>
  void disable(CheckedSection<Spec>& section, size_t position, std::string why) {
    report(Severity::error, section.word, section.name(position), why);
    section.set_disabled(position);
    section.status(position).state = ObjectStatus::State::disabled;
    section.status(position).errors.push_back(std::move(why));
  }
  template <class Spec>
  void warn(CheckedSection<Spec>& section, size_t position, std::string why) {
    report(Severity::warning, section.word, section.name(position), why);
    note_warning(section.status(position), std::move(why));
  }
  // Of TCP and UDP. `word` is the kind of object, for people ("TCP router").
  void disable(StatusMap& map, std::string_view word, const std::string& name, std::string why);
  void warn(StatusMap& map, std::string_view word, const std::string& name, std::string why);
  static bool is_disabled(const StatusMap& map, const std::string& name);
  static void note_user(ObjectStatus& used, const std::string& user);

  // "the service \"x@file\" does not exist; did you mean …?"
  template <class ByName>
  std::string missing(std::string_view word, const std::string& name, const ByName& known) {
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
  static void note_warning(ObjectStatus& status, std::string why);
  static std::string missing_text(std::string_view word, const std::string& name,
                                  const std::vector<std::string_view>& known);

  DynamicConfig& config_;
  MergedObjects& objects_;
  const ValidateSettings& settings_;
  Validation& result_;
  Validator::Memory& memory_;
  CheckedSection<RouterSpec> routers_;
  CheckedSection<ServiceSpec> services_;
  CheckedSection<MiddlewareSpec> middlewares_;
  int hints_left_ = 20;
};

void validate_references(ValidationPass& pass);  // services and middlewares
void validate_routers(ValidationPass& pass);
void validate_nesting(ValidationPass& pass);  // parentRefs
void validate_streams(ValidationPass& pass);  // TCP and UDP

// Moves every disabled object of a TCP or UDP section from the configuration to the rejected ones.
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
