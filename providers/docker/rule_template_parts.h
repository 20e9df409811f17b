// A compiled default rule: what the parser makes and the renderer walks. Values; used by
// rule_template*.cc only.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "providers/docker/rule_template.h"

namespace fairlead::providers::docker {

// A compiled piece of template. `call` operands are evaluated in order; a pipe adds the left side
// as the last one.
struct Expression {
  enum class Kind : uint8_t { literal, name, container_name, all_labels, label, call };
  Kind kind = Kind::literal;
  std::string text;  // of a literal; a label's key; a function's name
  std::vector<Expression> operands;
};

struct Piece;
struct RuleTemplate::Block {
  std::vector<Piece> pieces;
};

struct Branch {
  std::optional<Expression> condition;  // nullopt: else
  RuleTemplate::Block body;
};

struct Piece {
  std::variant<std::string, Expression, std::vector<Branch>> content;
};

// The unexpected value says what is wrong, for people.
std::expected<RuleTemplate::Block, std::string> parse_rule_template(std::string_view text);

}  // namespace fairlead::providers::docker
