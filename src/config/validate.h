// Takes out of a merged configuration exactly what cannot work, and says why: what remains can be
// compiled as it stands, without a dangling reference or a loop. What only the data plane's
// registries know (rules, middlewares, strategies) is asked through functions, so that this folder
// depends on none of them. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/dynamic.h"

namespace fairlead::config {

// Above it are the priorities of generated routers.
inline constexpr int64_t kMaxUserPriority = std::numeric_limits<int64_t>::max() - 1000;

// What is wrong, for people; nothing when it is good.
using Fault = std::optional<std::string>;

struct ValidateSettings {
  std::set<std::string, std::less<>> entry_points;  // TCP ones
  std::set<std::string, std::less<>> udp_entry_points;
  // Services that exist without being configured ("api@internal", "noop@internal").
  std::set<std::string, std::less<>> internal_services;
  std::set<std::string, std::less<>> cert_resolvers;
  // Each may be empty: then nothing of that sort is refused.
  std::function<Fault(std::string_view rule, std::string_view syntax)> check_rule;
  // Without TLS there is no server name to ask about.
  std::function<Fault(std::string_view rule, std::string_view syntax, bool has_tls)> check_tcp_rule;
  // Warnings (unknown options, deprecations) go into the third parameter.
  std::function<Fault(const std::string& name, const MiddlewareSpec&,
                      std::vector<std::string>& warnings)>
      check_middleware;
  std::function<Fault(const std::string& name, const OpaqueSpec&,
                      std::vector<std::string>& warnings)>
      check_tcp_middleware;
  std::function<Fault(std::string_view strategy)> check_strategy;
};

// What the API shows about one object.
struct ObjectStatus {
  enum class State : uint8_t { enabled, warning, disabled };
  State state = State::enabled;
  std::vector<std::string> errors;   // why it is disabled, or what gave the warning
  std::vector<std::string> used_by;  // services and middlewares: the routers that name it
  std::vector<std::string> uses;     // routers: the entry points it is on
  bool operator==(const ObjectStatus&) const = default;
};
std::string_view name(ObjectStatus::State state);

using StatusMap = std::map<std::string, ObjectStatus>;

struct Validation {
  // Of HTTP only those that are not simply enabled; complete_statuses() adds the others.
  StatusMap routers, services, middlewares;
  StatusMap tcp_routers, tcp_services, tcp_middlewares;
  StatusMap udp_routers, udp_services;
  MergedObjects rejected;  // what was taken out whole, for the API to show beside its status
};

// Gives every HTTP object its status, with `used_by` and `uses`. Why apart: people ask rarely, and
// the configuration changes often.
void complete_statuses(const MergedObjects& in_force, Validation& validation);

// Looks at what it has found good before only where it refers to something else. Control thread.
class Validator {
 public:
  explicit Validator(ValidateSettings settings);
  ~Validator();

  // Removes from `config.objects`, adds to `config.diagnostics`.
  Validation validate(DynamicConfig& config);

  struct Memory;

 private:
  ValidateSettings settings_;
  std::unique_ptr<Memory> memory_;
};

// Once, without a memory.
Validation validate(DynamicConfig& config, const ValidateSettings& settings);

}  // namespace fairlead::config
