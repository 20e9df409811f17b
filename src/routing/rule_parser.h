// The v3 rule language: Go expression syntax with matcher calls, && || ! and parentheses; && binds tighter than ||.
// Literals in back-ticks or double quotes. Text in, tree out; errors name the position and the nearest matcher. Pure.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::routing {

struct RuleNode {
  enum class Kind : uint8_t { call, both, either, negation };
  Kind kind = Kind::call;
  std::string name;                     // of a call, as written
  std::vector<std::string> arguments;   // of a call
  std::vector<RuleNode> operands;       // two or more for both/either, one for negation
};

struct RuleError {
  size_t position = 0;  // byte offset in the rule
  std::string message;  // "unknown matcher \"Hots\"; did you mean \"Host\"?"
};

std::expected<RuleNode, RuleError> parse_rule(std::string_view rule);
// The canonical text of a tree, for golden files and explanations.
std::string to_text(const RuleNode& node);

}  // namespace fairlead::routing
