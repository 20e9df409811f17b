#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using fairlead::testing::MiddlewareHarness;

TEST_CASE("every_escape_is_refused_until_it_is_allowed") {
  const std::pair<std::string, std::string> rows[] = {
      {"allowEncodedSlash", "%2F"},         {"allowEncodedBackSlash", "%5C"},
      {"allowEncodedNullCharacter", "%00"}, {"allowEncodedSemicolon", "%3B"},
      {"allowEncodedPercent", "%25"},       {"allowEncodedQuestionMark", "%3F"},
      {"allowEncodedHash", "%23"},
  };
  for (const auto& [key, escape] : rows) {
    CAPTURE(key);
    MiddlewareHarness none("encodedCharacters", "{}");
    MiddlewareHarness allowing("encodedCharacters", key + ": true");
    CHECK(none.run({.path = "/a" + escape}).status == 400);
    CHECK(none.seen.empty());
    CHECK(allowing.run({.path = "/%C3%A4" + escape + "b"}).status == 200);
    for (const auto& [other_key, other] : rows) {
      if (other != escape) CHECK(allowing.run({.path = "/a" + escape + other}).status == 400);
    }
  }
}

TEST_CASE("other_escapes_pass") {
  MiddlewareHarness harness("encodedCharacters", "{}");
  CHECK(harness.run({.path = "/%C3%A4%20%5B"}).status == 200);
  CHECK(harness.run({.path = "/a%2fb"}).status == 400);
  CHECK(harness.run({.path = "/a", .query = "x=%2F"}).status == 200);
}
