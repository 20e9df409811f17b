#include "config/reader.h"

#include <doctest/doctest.h>

using namespace fairlead::config;

namespace {

std::string texts(const Diagnostics& all) {
  std::string out;
  for (const Diagnostic& d : all) out += d.text() + "\n";
  return out;
}

}  // namespace

TEST_CASE("durations") {
  struct {
    const char* text;
    std::optional<int64_t> ms;
  } cases[] = {
      {"10s", 10'000},
      {"1m30s", 90'000},
      {"100ms", 100},
      {"1.5h", 5'400'000},
      {"30", 30'000},
      {"0", 0},
      {"0s", 0},
      {"-1", -1000},
      {"+2s", 2000},
      {"500us", 1},
      {".5s", 500},
      {"1h0m0s", 3'600'000},
      {"1500µs", 2},
      {"", {}},
      {"s", {}},
      {"10x", {}},
      {"10 s", {}},
      {"1.5", {}},
      {"--1", {}},
      {"1s2", {}},
      {"1..2s", {}},
      {"9999999999h", {}},
      {"99999999999999999999", {}},
      {"1e9s", {}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    auto value = parse_duration(c.text);
    CHECK(value.has_value() == c.ms.has_value());
    if (value && c.ms) CHECK(value->count() == *c.ms);
  }
}

TEST_CASE("booleans_and_integers") {
  for (const char* yes : {"true", "1", "t", "T", "TRUE", "True"}) CHECK(parse_bool(yes) == true);
  for (const char* no : {"false", "0", "f", "F", "FALSE", "False"}) CHECK(parse_bool(no) == false);
  for (const char* bad : {"", "yes", "tRue", "2"}) CHECK_FALSE(parse_bool(bad).has_value());
  CHECK(parse_integer("+7") == 7);
  CHECK(parse_integer("-7") == -7);
  for (const char* bad : {"", "+", "+-1", "1.0", "0x1", " 1", "9223372036854775808"}) {
    CHECK_FALSE(parse_integer(bad).has_value());
  }
}

TEST_CASE("nearest_forgives_a_slip_and_no_more") {
  std::vector<std::string_view> words{"rule", "service", "middlewares", "priority"};
  CHECK(nearest("rul", words) == "rule");
  CHECK(nearest("RULES", words) == "rule");
  CHECK(nearest("serivce", words) == "service");
  CHECK(nearest("midlewares", words) == "middlewares");
  CHECK(nearest("banana", words) == "");
  CHECK(nearest("", words) == "");
}

TEST_CASE("one_bad_field_costs_only_itself") {
  Diagnostics out;
  Node node = parse_yaml(
      "count: many\nname: [x]\ntime: soon\nflag: maybe\nword: RED\nsmall: -1\nlist: {}\n"
      "good: 7\n",
      "file f", out);
  Reader reader(&node, "file", "router web", "http.routers.web", out);
  int64_t count = 3, good = 0;
  uint32_t small = 4;
  std::string name = "n", word;
  Milliseconds time{5};
  bool flag = true;
  std::vector<std::string> list{"kept"};
  CHECK_FALSE(reader.read("count", count));
  CHECK_FALSE(reader.read("name", name));
  CHECK_FALSE(reader.read("time", time));
  CHECK_FALSE(reader.read("flag", flag));
  CHECK(reader.read_word("word", word, {"red", "green"}));
  CHECK_FALSE(reader.read("small", small));
  CHECK_FALSE(reader.read("list", list));
  CHECK(reader.read("good", good));
  reader.finish();
  CHECK((count == 3 && small == 4 && name == "n" && time.count() == 5 && flag && good == 7));
  CHECK(word == "red");
  CHECK(list == std::vector<std::string>{"kept"});
  CHECK(reader.has_errors());
  CHECK(out.size() == 6);
  CHECK(out[0].text() ==
        "error: file: router web: http.routers.web.count: expects a whole number, got \"many\" "
        "(file f:1)");
}

TEST_CASE("unknown_fields_name_the_nearest") {
  Diagnostics out;
  Node node = parse_yaml("Rule: x\nserivce: y\nzzzzz: 1\n", "file f", out);
  SUBCASE("as_warnings") {
    Reader reader(&node, "", "", "a", out);
    std::string value;
    CHECK(reader.read("rule", value));
    reader.read("service", value);
    reader.finish();
    CHECK_FALSE(reader.has_errors());
    CHECK(texts(out) ==
          "warning: file f:2: a.serivce: unknown field; did you mean \"service\"?\n"
          "warning: file f:3: a.zzzzz: unknown field\n");
  }
  SUBCASE("as_errors") {
    Reader reader(&node, "", "", "", out);
    reader.set_unknown_is_error(true);
    reader.ignore("rule");
    reader.ignore("service");
    reader.finish();
    CHECK(reader.has_errors());
  }
}

TEST_CASE("children_are_on_by_presence") {
  Diagnostics out;
  Node node = parse_yaml("a: {}\nb: true\nc: false\nd:\ne: [1]\nf: {x: 1}\n", "file f", out);
  Reader reader(&node, "", "", "", out);
  auto nothing = [](Reader&) {};
  CHECK(reader.child("a", nothing));
  CHECK(reader.child("b", nothing));
  CHECK_FALSE(reader.child("c", nothing));
  CHECK(reader.child("d", nothing));
  CHECK_FALSE(reader.child("gone", nothing));
  CHECK(out.empty());
  CHECK_FALSE(reader.child("e", nothing));
  CHECK(reader.child("f", nothing));
  CHECK(texts(out) ==
        "error: file f:5: e: expects a map of options, got a list\n"
        "warning: file f:6: f.x: unknown field\n");
}

TEST_CASE("lists_maps_and_members") {
  Diagnostics out;
  Node node = parse_yaml(
      "csv: a, b,,c\nmap: {X-A: 1, x-b: two}\nnames: {Web: {port: 1}, api: {port: 2}}\n"
      "items: [{port: 3}, {prot: 4}]\n",
      "file f", out);
  Reader reader(&node, "", "", "", out);
  std::vector<std::string> csv;
  std::map<std::string, std::string> map;
  CHECK(reader.read("csv", csv));
  CHECK(csv == std::vector<std::string>{"a", "b", "c"});
  CHECK(reader.read("map", map));
  CHECK(map == std::map<std::string, std::string>{{"X-A", "1"}, {"x-b", "two"}});
  std::string seen;
  int64_t port = 0;
  reader.each("names", [&](const std::string& name, Reader& inner) {
    inner.read("port", port);
    seen += name + std::to_string(port) + inner.path();
  });
  reader.each_item("items", [&](Reader& inner) {
    inner.read("port", port);
    seen += std::to_string(port);
  });
  CHECK(seen == "Web1names.Webapi2names.api33");
  CHECK(texts(out) == "warning: file f:4: items[1].prot: unknown field; did you mean \"port\"?\n");
}
