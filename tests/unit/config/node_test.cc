#include "config/node.h"

#include <doctest/doctest.h>

using namespace fairlead::config;

TEST_CASE("find_prefers_the_same_spelling") {
  Node node;
  node.members = {{"WEB", Node::text("1")}, {"web", Node::text("2")}};
  node.kind = Node::Kind::map;
  CHECK(node.find("web")->scalar == "2");
  CHECK(node.find("Web")->scalar == "1");
  CHECK(node.find("api") == nullptr);
}

TEST_CASE("at_path_builds_maps_and_lists") {
  struct {
    const char* path;
    const char* json;
  } cases[] = {
      {"a", R"({"a":"x"})"},
      {"a.b.c", R"({"a":{"b":{"c":"x"}}})"},
      {"tls.domains[1].main", R"({"tls":{"domains":[null,{"main":"x"}]}})"},
      {"a[0][1]", R"({"a":[[null,"x"]]})"},
      {"a..b", R"({"a":{"":{"b":"x"}}})"},
      {"a.", R"({"a":{"":"x"}})"},
      {"a[99999]", R"({"a[99999]":"x"})"},
      {"a[x].b", R"({"a[x]":{"b":"x"}})"},
      {"[b", R"({"[b":"x"})"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.path);
    Node node;
    node.at_path(c.path) = Node::text("x");
    CHECK(to_json(node) == c.json);
  }
}

TEST_CASE("at_path_bounds_its_depth") {
  std::string path;
  for (int i = 0; i < 200'000; ++i) path += "a.";
  Node node;
  node.at_path(path) = Node::text("x");
  int depth = 0;
  for (const Node* at = &node; at->is_map(); at = &at->members[0].value) ++depth;
  CHECK(depth == kMaxNodeDepth);
}

TEST_CASE("overlay_merges_maps_and_replaces_the_rest") {
  struct {
    const char *under, *over, *result;
  } cases[] = {
      {R"({"a":1,"b":{"c":2}})", R"({"B":{"d":3}})", R"({"a":1,"b":{"c":2,"d":3}})"},
      {R"({"a":[1,2]})", R"({"a":[3]})", R"({"a":[3]})"},
      {R"({"a":{"b":1}})", R"({"a":true})", R"({"a":{"b":1}})"},
      {R"({"a":{"b":1}})", R"({"a":null})", R"({"a":{"b":1}})"},
      {R"({"a":{"b":1}})", R"({"a":false})", R"({"a":false})"},
      {R"({"a":false})", R"({"a":{}})", R"({"a":{}})"},
  };
  Diagnostics none;
  for (const auto& c : cases) {
    CAPTURE(c.over);
    Node under = parse_json(c.under, "t", none);
    overlay(under, parse_json(c.over, "t", none));
    CHECK(to_json(under) == c.result);
  }
  CHECK(none.empty());
}

TEST_CASE("writers_keep_strings_strings") {
  Node node;
  node.at("number") = Node::text("8080");
  node.at("text") = Node::string("8080");
  node.at("rule") = Node::string("Host(`a.b`) && Path(`/x`)");
  node.at("odd") = Node::string("a: b #c\n");
  node.at("list").kind = Node::Kind::list;
  node.at("map") = Node::map();
  CHECK(to_json(node) == R"j({"number":8080,"text":"8080","rule":"Host(`a.b`) && Path(`/x`)",)j"
                         R"j("odd":"a: b #c\n","list":[],"map":{}})j");
  CHECK(to_yaml(node) ==
        "number: 8080\ntext: \"8080\"\nrule: Host(`a.b`) && Path(`/x`)\nodd: \"a: b #c\\n\"\n"
        "list: []\nmap: {}\n");
  Diagnostics none;
  CHECK(parse_yaml(to_yaml(node), "t", none) == node);
  CHECK(none.empty());
}

TEST_CASE("yaml_writer_survives_its_own_reader") {
  for (const char* text :
       {"",     " ",    "-",       "- x",  "--x", "-x",   ":80",  ":",  "a:",  "a: b",
        "#x",   "x #y", "[::]:80", "{}",   "*",   "&a",   "!x",   "%",  "@x",  "`x`",
        "null", "~",    "'",       "\"",   "\\",  "\x01", "é",    "<<", "= x", "? x",
        "?",    "|",    ">",       "true", "1e3", "a\tb", "a\nb", ",",  "x,y"}) {
    CAPTURE(text);
    Node node;
    node.at("k") = Node::string(text);
    node.at(text) = Node::string("v");
    node.at("l").kind = Node::Kind::list;
    node.at("l").items = {Node::string(text)};
    Diagnostics none;
    CHECK(parse_yaml(to_yaml(node), "t", none) == node);
    CHECK(none.empty());
  }
}
