// Trees back to text.
#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"
#include "routing/rule_parser.h"

namespace fairlead::routing {

namespace {

using Kind = RuleNode::Kind;

void append(std::string& out, const RuleNode& node, Kind around) {
  bool needs_parentheses =
      (node.kind == Kind::either && around != Kind::either && around != Kind::call) ||
      (node.kind == Kind::both && around == Kind::negation);
  if (needs_parentheses) out += '(';
  if (node.kind == Kind::call) {
    const MatcherType* type = find_matcher(node.name);
    out += call_text(type ? type->name : std::string_view(node.name), node.arguments);
  } else if (node.kind == Kind::negation) {
    out += '!';
    append(out, node.operands.front(), Kind::negation);
  } else {
    for (const RuleNode& operand : node.operands) {
      if (&operand != &node.operands.front()) out += node.kind == Kind::both ? " && " : " || ";
      append(out, operand, node.kind);
    }
  }
  if (needs_parentheses) out += ')';
}

}  // namespace

std::string to_text(const RuleNode& node) {
  std::string out;
  append(out, node, Kind::call);
  return out;
}

}  // namespace fairlead::routing
