#include "routing/rule_parser.h"

#include <doctest/doctest.h>

#include "routing/matchers/matcher_type.h"
#include "routing/router.h"

namespace fairlead::routing {

namespace {

std::string nested(size_t depth, const std::string& open, const std::string& close) {
  std::string rule;
  for (size_t i = 0; i < depth; ++i) rule += open;
  rule += "Host(`a`)";
  for (size_t i = 0; i < depth; ++i) rule += close;
  return rule;
}

}  // namespace

TEST_CASE("refuses_rules_nested_deeper_than_the_limit") {
  CHECK(parse_rule(nested(kMaxRuleDepth, "(", ")")));
  CHECK(parse_rule(nested(kMaxRuleDepth, "!", "")));
  auto refused = parse_rule(nested(kMaxRuleDepth + 1, "(", ")"));
  REQUIRE(!refused);
  CHECK(refused.error().position == kMaxRuleDepth + 1);
  CHECK(refused.error().message == "rule is nested deeper than 200 levels");
  CHECK(!parse_rule(std::string(60'000, '!')));
}

TEST_CASE("refuses_rules_longer_than_the_limit") {
  std::string rule = "Host(`a`)" + std::string(kMaxRuleBytes - 9, ' ');
  CHECK(parse_rule(rule));
  auto refused = parse_rule(rule + " ");
  REQUIRE(!refused);
  CHECK(refused.error().message == "rule is longer than 64 KiB");
}

TEST_CASE("keeps_the_shape_of_operators") {
  auto tree = parse_rule("Host(`a`) || Host(`b`) && !Path(`/`)");
  REQUIRE(tree);
  CHECK(tree->kind == RuleNode::Kind::either);
  REQUIRE(tree->operands.size() == 2);
  CHECK(tree->operands[1].kind == RuleNode::Kind::both);
  CHECK(tree->operands[1].operands[1].kind == RuleNode::Kind::negation);
  CHECK(tree->operands[1].operands[0].position == 13);
}

TEST_CASE("reads_go_string_literals") {
  auto argument = [](std::string rule) {
    auto tree = parse_rule(rule);
    return tree ? tree->arguments[0]
                : std::to_string(tree.error().position) + ": " + tree.error().message;
  };
  CHECK(argument("Method(`a\\n\r\nb`)") == "a\\n\nb");
  CHECK(argument(R"(Method("\a\b\f\n\r\t\v\\\""))") == "\a\b\f\n\r\t\v\\\"");
  CHECK(argument(R"(Method("\x41\u00e9\U0001F600\101"))") == "Aé😀A");
  CHECK(argument("Method(\"a\nb\")") ==
        "7: text in double quotes ends at the line's end; close it with \"");
  CHECK(argument(R"(Method("\U00110000"))") == "8: escape is not a Unicode character");
  CHECK(argument("Method(\"\\") == "8: text ends after a backslash; close it with \"");
}

TEST_CASE("refuses_more_regular_expressions_than_the_limit") {
  std::string rule = "PathRegexp(`a`)";
  for (int i = 1; i < 64; ++i) rule += " || PathRegexp(`a`)";
  CHECK(compile_rule(rule));
  auto refused = compile_rule(rule + " || PathRegexp(`a`)");
  REQUIRE(!refused);
  CHECK(refused.error().position == rule.size() + 4);
  CHECK(!compile_rule("PathRegexp(`(((a{100}){100}){100})`)"));
}

TEST_CASE("names_the_hosts_that_a_rule_asks_for") {
  auto rule = compile_rule(
      "Host(`B`) && !Host(`c`) || Host(`*.d`) || !(Path(`/`) || !Host(`a.`)) || Host(`b`)");
  REQUIRE(rule);
  CHECK(hosts_of(**rule) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("knows_matchers_by_four_spellings") {
  for (const char* name : {"PathPrefix", "pathprefix", "PATHPREFIX", "Pathprefix"})
    CHECK(find_matcher(name));
  for (const char* name : {"pathPrefix", "Path Prefix", "", "PathPrefi"})
    CHECK(!find_matcher(name));
  CHECK(all_matchers().size() == 11);
}

}  // namespace fairlead::routing
