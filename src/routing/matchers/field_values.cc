#include "routing/matchers/field_values.h"

#include <algorithm>

#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

std::string FieldValues::fault_of(std::string_view name) {
  auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  if (!name.empty() && std::ranges::all_of(name, is_token)) return {};
  return quote_literal(name) + " is not a header field name";
}

}  // namespace fairlead::routing::matchers
