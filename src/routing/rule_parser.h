// The v3 rule language: Go expression syntax with matcher calls, && || ! and parentheses; && binds
// tighter than ||. Literals in back-ticks or double quotes. Text in, tree out; errors name the
// position and the nearest matcher. Pure. Rules come from labels that anybody may write: length and
// nesting are bounded, and the work is linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::routing {

inline constexpr size_t kMaxRuleBytes = 64 * 1024;
inline constexpr unsigned kMaxRuleDepth = 200;  // parentheses and negations, nested

struct RuleNode {
  enum class Kind : uint8_t { call, both, either, negation };
  Kind kind = Kind::call;
  std::string name;                    // of a call, as written
  std::vector<std::string> arguments;  // of a call
  std::vector<RuleNode> operands;      // two or more for both/either, one for negation
  size_t position = 0;                 // of a call: byte offset in the rule
};

struct RuleError {
  size_t position = 0;  // byte offset in the rule
  std::string message;  // "unknown matcher \"Hots\"; did you mean \"Host\"?"
};

std::expected<RuleNode, RuleError> parse_rule(std::string_view rule);
// The canonical text of a tree, for golden files and explanations: matchers in their usual
// spelling, no parentheses that are not needed. Parsing it again yields an equal tree.
std::string to_text(const RuleNode& node);

}  // namespace fairlead::routing
