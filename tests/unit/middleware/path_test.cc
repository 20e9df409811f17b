#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using fairlead::testing::MiddlewareHarness;
using fairlead::testing::TestRequest;

namespace {

// `path` comes out as `expected`; "400" for a refusal.
struct Row {
  std::string_view type;
  std::string_view options;
  std::string_view path;
  std::string_view expected;
  std::string_view announced = "";  // X-Forwarded-Prefix or X-Replaced-Path
};

void check(const Row& row, std::string_view announcing_field) {
  CAPTURE(row.type);
  CAPTURE(row.options);
  CAPTURE(row.path);
  MiddlewareHarness harness(row.type, row.options);
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  CHECK(harness.faults() == "");
  auto answer = harness.run({.path = std::string(row.path), .query = "q=1"});
  if (row.expected == "400") {
    CHECK(answer.status == 400);
    CHECK(answer.body == "Bad Request");
    CHECK(harness.seen.empty());
    return;
  }
  REQUIRE(harness.seen.size() == 1);
  CHECK(harness.last().path == row.expected);
  CHECK(harness.last().query == "q=1");
  CHECK(harness.last().header(announcing_field) == row.announced);
}

}  // namespace

TEST_CASE("add_prefix_puts_the_prefix_before_the_path") {
  const Row rows[] = {
      {"addPrefix", "prefix: /api", "/x", "/api/x"},
      {"addPrefix", "prefix: api", "/x", "/api/x"},
      {"addPrefix", "prefix: /api/", "/x", "/api/x"},
      {"addPrefix", "prefix: /api", "/", "/api/"},
      {"addPrefix", "prefix: /my app", "/x", "/my%20app/x"},
      {"addPrefix", "prefix: /a?b", "/x", "/a%3Fb/x"},
      {"addPrefix", "prefix: /%c3%a4", "/x%2Fy", "/%C3%A4/x%2Fy"},
      {"addPrefix", "prefix: /a/../b", "/x", "/b/x"},
      {"addPrefix", "prefix: /api", "/x//y", "/api/x//y"},
  };
  for (const Row& row : rows) check(row, "X-Replaced-Path");
}

TEST_CASE("strip_prefix_removes_the_first_prefix_that_fits") {
  const Row rows[] = {
      {"stripPrefix", "prefixes: [/api]", "/api/x", "/x", "/api"},
      {"stripPrefix", "prefixes: [/api]", "/api", "/", "/api"},
      {"stripPrefix", "prefixes: [/api]", "/api/", "/", "/api"},
      {"stripPrefix", "prefixes: [/api]", "/apix/y", "/x/y", "/api"},
      {"stripPrefix", "prefixes: [/api]", "/other", "/other"},
      {"stripPrefix", "prefixes: [/API]", "/api/x", "/api/x"},
      {"stripPrefix", "prefixes: [/a, /api]", "/api/x", "/pi/x", "/a"},
      {"stripPrefix", "prefixes: [/api/, /api]", "/api", "/", "/api"},
      {"stripPrefix", "prefixes: [/api/]", "/api/x/y", "/x/y", "/api/"},
      {"stripPrefix", "prefixes: ['/my app']", "/my%20app/x", "/x", "/my%20app"},
      {"stripPrefix", "prefixes: [/]", "/x", "/x", "/"},
      {"stripPrefix", "prefixes: [/api]", "/api../secret", "400"},
      {"stripPrefix", "prefixes: [/api]", "/api..", "400"},
      {"stripPrefix", "prefixes: [/api]", "/api./x", "400"},
      {"stripPrefix", "prefixes: [/api]", "/api//x", "400"},
      {"stripPrefix", "prefixes: [/api]", "/api/x//y", "/x//y", "/api"},
      {"stripPrefix", "prefixes: [/api]", "/api..x", "/..x", "/api"},
      {"stripPrefix", "prefixes: [/api]", "*", "*"},
  };
  for (const Row& row : rows) check(row, "X-Forwarded-Prefix");
}

TEST_CASE("strip_prefix_accepts_force_slash_with_a_warning") {
  MiddlewareHarness harness("stripPrefix", "{prefixes: [/api], forceSlash: false}");
  CHECK(harness.is_made());
  CHECK_FAULT(harness, "warning: forceSlash: is deprecated");
}

TEST_CASE("strip_prefix_adds_to_the_prefix_of_an_earlier_proxy") {
  MiddlewareHarness harness("stripPrefix", "prefixes: [/b]");
  harness.run({.path = "/b/x", .headers = {{"X-Forwarded-Prefix", "/a"}}});
  CHECK(harness.last().header("X-Forwarded-Prefix") == "/a|/b");
}

TEST_CASE("strip_prefix_regex_removes_a_match_at_the_start") {
  const Row rows[] = {
      {"stripPrefixRegex", "regex: ['/v[0-9]+']", "/v12/x", "/x", "/v12"},
      {"stripPrefixRegex", "regex: ['/v[0-9]+']", "/v12/", "/", "/v12"},
      {"stripPrefixRegex", "regex: ['/v[0-9]+']", "/a/v12", "/a/v12"},
      {"stripPrefixRegex", "regex: ['x*', '/a/[a-z]+/']", "/a/b/c", "/c", "/a/b/"},
      {"stripPrefixRegex", "regex: ['^/(?<name>[a-z]+)']", "/abc/d", "/d", "/abc"},
      {"stripPrefixRegex", "regex: ['/v[0-9]']", "/v1../x", "400"},
  };
  for (const Row& row : rows) check(row, "X-Forwarded-Prefix");
}

TEST_CASE("replace_path_sets_the_path_and_keeps_the_query") {
  const Row rows[] = {
      {"replacePath", "path: /foo", "/x/y", "/foo", "/x/y?q=1"},
      {"replacePath", "path: foo", "/x", "/foo", "/x?q=1"},
      {"replacePath", "path: /a b/%2f", "/x", "/a%20b/%2F", "/x?q=1"},
      {"replacePath", "path: /a/./b/../c", "/x", "/a/c", "/x?q=1"},
  };
  for (const Row& row : rows) check(row, "X-Replaced-Path");
}

TEST_CASE("replace_path_announces_a_path_without_query_as_it_is") {
  MiddlewareHarness harness("replacePath", "path: /foo");
  harness.run({.path = "/x"});
  CHECK(harness.last().header("X-Replaced-Path") == "/x");
}

TEST_CASE("replace_path_regex_rewrites_what_matches") {
  const Row rows[] = {
      {"replacePathRegex", "{regex: '^/foo/(.*)', replacement: '/bar/$1'}", "/foo/x/y", "/bar/x/y",
       "/foo/x/y"},
      {"replacePathRegex", "{regex: '^/foo/(.*)', replacement: '/bar/${1}z'}", "/foo/x", "/bar/xz",
       "/foo/x"},
      {"replacePathRegex", "{regex: '^/(?P<a>[^/]+)/(?<b>.*)', replacement: '/${b}/$a'}", "/x/y",
       "/y/x", "/x/y"},
      {"replacePathRegex", "{regex: '^/foo/(.*)', replacement: '/bar/$1'}", "/x", "/x"},
      {"replacePathRegex", "{regex: 'o', replacement: '$$0'}", "/foo", "/f$0$0", "/foo"},
      {"replacePathRegex", "{regex: '/a', replacement: '/b c'}", "/a/a", "/b%20c/b%20c", "/a/a"},
      {"replacePathRegex", "{regex: '^/a(.*)', replacement: '$1'}", "/a../x", "/x", "/a../x"},
      {"replacePathRegex", "{regex: '^/a/(.*)', replacement: '$1'}", "/a/x", "/x", "/a/x"},
      {"replacePathRegex", "{regex: '^/a(.*)', replacement: '/b/$1'}", "/a/x", "/b/x", "/a/x"},
      {"replacePathRegex", "{regex: 'x*', replacement: '-'}", "/ab", "/-/-a-b-", "/ab"},
  };
  for (const Row& row : rows) check(row, "X-Replaced-Path");
}

TEST_CASE("path_middlewares_name_the_option_that_is_wrong") {
  struct Fault {
    std::string_view type;
    std::string_view options;
    std::string_view words;
  };
  const Fault faults[] = {
      {"addPrefix", "{}", "error: prefix: is required"},
      {"addPrefix", "prefix: '/a%zz'", "error: prefix: holds a \"%\""},
      {"stripPrefix", "{}", "error: prefixes: needs at least one"},
      {"stripPrefix", "prefixes: ['%']", "error: prefixes: \"%\" is not part of a path"},
      {"stripPrefixRegex", "{}", "error: regex: needs at least one"},
      {"stripPrefixRegex", "regex: ['/(a']",
       "error: regex: malformed regular expression \"/(a\": missing )"},
      {"replacePath", "{}", "error: path: is required"},
      {"replacePathRegex", "{}", "error: regex: is required"},
      {"replacePathRegex", "regex: x", "error: replacement: is required"},
      {"replacePathRegex", "{regex: '[', replacement: x}", "missing ]"},
  };
  for (const Fault& fault : faults) {
    CAPTURE(fault.type);
    CAPTURE(fault.options);
    MiddlewareHarness harness(fault.type, fault.options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, fault.words);
  }
}

TEST_CASE("replacement_warns_about_a_group_that_is_not_there") {
  MiddlewareHarness harness("replacePathRegex", "{regex: '/(a)', replacement: '/$1x'}");
  REQUIRE(harness.is_made());
  CHECK_FAULT(harness, "warning: replacement: the expression has no group \"1x\"");
  harness.run({.path = "/a"});
  CHECK(harness.last().path == "/");
}

TEST_CASE("unknown_options_are_warnings") {
  MiddlewareHarness harness("addPrefix", "{prefix: /a, prefx: /b}");
  CHECK(harness.is_made());
  CHECK_FAULT(harness, "warning");
}
