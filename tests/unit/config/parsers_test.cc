#include <string>

#include <doctest/doctest.h>

#include "config/node.h"

using namespace fairlead::config;

namespace {

using Parser = Node (*)(std::string_view, std::string_view, Diagnostics&);

std::string faults(Parser parse, const std::string& text) {
  Diagnostics out;
  Node node = parse(text, "file f", out);
  std::string all;
  for (const Diagnostic& d : out) all += d.text() + "\n";
  return all;
}

std::string json_of(Parser parse, const std::string& text) {
  Diagnostics out;
  Node node = parse(text, "file f", out);
  CHECK_MESSAGE(out.empty(), (out.empty() ? "" : out[0].text()));
  return to_json(node);
}

}  // namespace

TEST_CASE("the_three_carriers_yield_the_same_tree") {
  const std::string expected =
      R"j({"http":{"routers":{"Web":{"priority":42,"rule":"Host(`a`)","tls":{}}}},)j"
      R"j("list":["a","8080",true]})j";
  CHECK(json_of(parse_yaml,
                "http:\n  routers:\n    Web: {priority: 42, rule: 'Host(`a`)', tls: {}}\n"
                "list: [a, \"8080\", true]\n") == expected);
  CHECK(json_of(parse_toml,
                "list = ['a', '8080', true]\n[http.routers.Web]\nrule='Host(`a`)'\n"
                "priority=42\ntls={}\n") == expected);
  CHECK(json_of(parse_json, expected) == expected);
}

TEST_CASE("scalars_know_their_line") {
  Diagnostics none;
  Node yaml = parse_yaml("a:\n  b: 1\n  c:\n    - x\n", "file f", none);
  CHECK(yaml.find("a")->find("b")->origin == "file f:2");
  CHECK(yaml.find("a")->find("c")->items[0].origin == "file f:4");
  CHECK(yaml.find("a")->origin == "file f:1");
  Node toml = parse_toml("[a]\n\nb = 1\n", "file f", none);
  CHECK(toml.find("a")->find("b")->origin == "file f:3");
}

TEST_CASE("yaml_anchors_aliases_and_merge_keys") {
  CHECK(json_of(parse_yaml, "a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\n") ==
        R"({"a":{"p":1,"q":2},"b":{"p":1,"q":2},"c":{"q":3,"p":1}})");
  CHECK(json_of(parse_yaml, "a: &x {p: 1}\nb: &y {p: 2, r: 3}\nc:\n  <<: [*x, *y]\n") ==
        R"({"a":{"p":1},"b":{"p":2,"r":3},"c":{"p":1,"r":3}})");
  CHECK(json_of(parse_yaml, "a: {\"<<\": 1}") == R"({"a":{"<<":1}})");
  CHECK(faults(parse_yaml, "a: {<<: 3}").find("<< takes a map") != std::string::npos);
}

TEST_CASE("empty_documents_and_sections_are_fine") {
  CHECK(json_of(parse_yaml, "") == "null");
  CHECK(json_of(parse_yaml, "# nothing\n") == "null");
  CHECK(json_of(parse_yaml, "a:\nb: {}\nc: ~\n") == R"({"a":null,"b":{},"c":null})");
  CHECK(json_of(parse_toml, "") == "{}");
  CHECK(json_of(parse_json, "{}") == "{}");
  CHECK(json_of(parse_yaml, "a: 1\n---\n") == R"({"a":1})");
}

TEST_CASE("duplicate_keys_are_reported") {
  CHECK(faults(parse_yaml, "a: 1\nb: 2\na: 3\n") ==
        "error: file f: a: the key is written twice in one map (again on line 3); keep one\n");
  CHECK(faults(parse_json, R"({"a":1,"a":2})").find("\"a\" is written twice") != std::string::npos);
  CHECK(faults(parse_toml, "a = 1\na = 2\n").starts_with("error: file f: line 2, column "));
  CHECK(json_of(parse_yaml, "{web: 1, Web: 2}") == R"({"web":1,"Web":2})");
}

TEST_CASE("syntax_errors_name_line_and_column") {
  CHECK(faults(parse_yaml, "a: 1\n  b: 2\n").starts_with("error: file f: line 2, column "));
  CHECK(faults(parse_yaml, "a: [1\n").starts_with("error: file f: line "));
  CHECK(faults(parse_yaml, "? [a]\n: b\n").find("key must be a plain word") != std::string::npos);
  CHECK(faults(parse_yaml, "a: *nope\n").starts_with("error: file f: line 1, column "));
  CHECK(faults(parse_yaml, "a: 1\n---\nb: 2\n").find("more than one document") !=
        std::string::npos);
  CHECK(faults(parse_toml, "a = \n").starts_with("error: file f: line "));
  CHECK(faults(parse_json, "{\n \"a\": }").starts_with("error: file f: line 2, column "));
  CHECK(faults(parse_json, "").starts_with("error: file f: line 1"));
  CHECK(faults(parse_json, "{} x").starts_with("error: file f: line 1"));
  Diagnostics out;
  CHECK(parse_file_text("/x/a.ini", "", out).is_null());
  CHECK(out.size() == 1);
}

TEST_CASE("nesting_is_bounded") {
  auto nested = [](size_t depth, const std::string& open, const std::string& close) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += open;
    for (size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  CHECK(faults(parse_yaml, nested(90, "[", "]")).empty());
  CHECK(faults(parse_json, nested(90, "[", "]")).empty());
  for (size_t depth : {150, 20'000}) {
    CHECK_FALSE(faults(parse_yaml, nested(depth, "[", "]")).empty());
    CHECK_FALSE(faults(parse_yaml, nested(depth, "- ", "")).empty());
    CHECK_FALSE(faults(parse_json, nested(depth, "[", "]")).empty());
    CHECK_FALSE(faults(parse_toml, "a = " + nested(depth, "[", "]")).empty());
    CHECK_FALSE(faults(parse_toml, nested(depth, "a.", "") + "a = 1").empty());
    CHECK_FALSE(faults(parse_toml, "[" + nested(depth, "a . ", "") + "a]").empty());
  }
}

TEST_CASE("alias_bombs_are_bounded") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK(faults(parse_yaml, bomb).find("more than a million nodes") != std::string::npos);
  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 150; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  }
  CHECK(faults(parse_yaml, deep).find("deeper than 100") != std::string::npos);
  CHECK_FALSE(faults(parse_yaml, "a: &a [*a]\n").empty());
}
