// String literals of the rule language, both ways. Go's two forms: raw in back-ticks, interpreted
// in double quotes. Pure.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "routing/rule_parser.h"

namespace fairlead::routing {

struct Literal {
  std::string value;
  size_t end = 0;  // offset just past the closing quote
};

// `rule[at]` is a back-tick or a double quote.
std::expected<Literal, RuleError> read_literal(std::string_view rule, size_t at);

// Back-ticks where they can hold the text, otherwise double quotes with escapes.
std::string quote_literal(std::string_view value);
// "Header(`a`, `b`)".
std::string call_text(std::string_view name, std::span<const std::string> arguments);

}  // namespace fairlead::routing
