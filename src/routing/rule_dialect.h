// What the two rule languages share: one grammar, and each with its own set of matcher names.
// Internal to routing/.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "routing/rule_parser.h"

namespace fairlead::routing {

struct CallShape {
  std::string_view name;  // the usual spelling
  unsigned min_arguments = 1;
  unsigned max_arguments = 1;
};

inline constexpr unsigned kManyArguments = ~0u;

struct Dialect {
  std::span<const CallShape> calls;
  std::string_view version;  // "v3"
};

const Dialect& dialect_v3();
const Dialect& dialect_v2();

// The shape whose name is spelled like that: exactly, lower, UPPER or Title case; null when
// unknown.
const CallShape* find_call(const Dialect& dialect, std::string_view name);

std::expected<RuleNode, RuleError> parse_rule_as(std::string_view rule, const Dialect& dialect);

// A v2 tree rewritten with v3 matchers; the result never needs dialect_v2().
std::expected<RuleNode, RuleError> translate_v2(const RuleNode& node);

}  // namespace fairlead::routing
