#include "middleware/expression.h"

#include <doctest/doctest.h>

using namespace fairlead::middleware;

namespace {

constexpr ExpressionFunction kFunctions[] = {
    {"Ratio", 0}, {"Between", 2}, {"IsBroken", 0, true}, {"Count", 0}};

struct Facts final : ExpressionFacts {
  double ratio = 0.5;
  bool is_broken = false;
  double value(size_t function, std::span<const double> arguments) const override {
    switch (function) {
      case 0:
        return ratio;
      case 1:
        return arguments[1] - arguments[0];
      case 2:
        return is_broken ? 1 : 0;
      default:
        return 3;
    }
  }
};

}  // namespace

TEST_CASE("expressions_are_judged") {
  const std::pair<std::string_view, bool> rows[] = {
      {"Ratio() > 0.4", true},
      {"Ratio()>0.5", false},
      {"Ratio() >= 0.5", true},
      {"Ratio() < .6", true},
      {"Ratio() <= 0.4", false},
      {"ratio() == 5e-1", true},
      {"RATIO() != 0.5", false},
      {"0.4 < Ratio()", true},
      {"0.5 < Ratio()", false},
      {"3 == Count()", true},
      {"Between(100, 600) == 500", true},
      {"Between(-1, 1) > 1", true},
      {"IsBroken()", false},
      {"!IsBroken()", true},
      {"!(Ratio() > 1)", true},
      {"!!(Ratio() > 1)", false},
      {"Ratio() > 1 || Count() == 3", true},
      {"Ratio() > 1 || Count() == 3 && IsBroken()", false},
      {"(Count() == 3 || Ratio() > 1) && !IsBroken()", true},
      {"Count() == 3 || Ratio() > 1 && IsBroken()", true},
      {" \n\tCount ( ) ==\n3 ", true},
  };
  for (auto [text, result] : rows) {
    CAPTURE(text);
    auto parsed = Expression::parse(text, kFunctions);
    REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
    CHECK(parsed->holds(Facts{}) == result);
  }
}

TEST_CASE("a_malformed_expression_is_named_with_its_place") {
  struct Row {
    std::string text;
    std::string_view words;
    size_t position;
  };
  const Row rows[] = {
      {"", "expected a number", 0},
      {"Ratio", "expected (", 5},
      {"Ratio()", "Ratio must be compared with a number", 7},
      {"Ratio() >", "expected a number", 9},
      {"Ratio() > x", "expected a number", 10},
      {"Ratio() > inf", "expected a number", 10},
      {"Ratio() > nan", "expected a number", 10},
      {"Ratio() > 1 Count() == 1", "expected && or ||", 12},
      {"Ratio() > 1 &&", "expected a number", 14},
      {"(Ratio() > 1", "expected )", 12},
      {"Ratio(1) > 1", "Ratio takes 0 arguments, not 1", 8},
      {"Between(1) > 1", "Between takes 2 arguments, not 1", 10},
      {"Between(1,2,3,4,5) > 1", "too many arguments", 16},
      {"Between(1 2) > 1", "expected , or )", 10},
      {"Rat() > 1", "unknown function \"Rat\"; known are Ratio, Between", 0},
      {"1 < 2", "unknown function \"2\"", 4},
      {"1 < ", "expected a function", 4},
      {"1 == IsBroken()", "true or false", 15},
      {std::string(70, '!') + "IsBroken()", "nested too deeply", 64},
      {std::string(70, '(') + "IsBroken()", "nested too deeply", 64},
      {std::string(5000, ' '), "longer than 4096 bytes", 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto parsed = Expression::parse(row.text, kFunctions);
    REQUIRE_FALSE(parsed.has_value());
    CHECK_MESSAGE(parsed.error().message.find(row.words) != std::string::npos,
                  parsed.error().message);
    CHECK(parsed.error().position == row.position);
  }
}
