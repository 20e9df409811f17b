#include "middleware/expression.h"

namespace fairlead::middleware {

double Expression::value_of(uint32_t call, const ExpressionFacts& facts) const {
  const Call& asked = calls_[call];
  return facts.value(asked.function, {asked.arguments, asked.count});
}

// As deep as the parser let it become, and then as long as a chain of && or || is on its left side.
bool Expression::judge(uint32_t at, const ExpressionFacts& facts) const {
  const Node& node = nodes_[at];
  switch (node.kind) {
    case Kind::both:
      return judge(node.left, facts) && judge(node.right, facts);
    case Kind::either:
      return judge(node.left, facts) || judge(node.right, facts);
    case Kind::negation:
      return !judge(node.left, facts);
    case Kind::condition:
      return value_of(node.left, facts) != 0;
    case Kind::compare:
      break;
  }
  double value = value_of(node.left, facts);
  switch (node.comparison) {
    case Operator::greater:
      return value > node.number;
    case Operator::greater_equal:
      return value >= node.number;
    case Operator::less:
      return value < node.number;
    case Operator::less_equal:
      return value <= node.number;
    case Operator::equal:
      return value == node.number;
    case Operator::unequal:
      break;
  }
  return value != node.number;
}

}  // namespace fairlead::middleware
