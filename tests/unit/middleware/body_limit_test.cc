#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using namespace fairlead;
using testing::MiddlewareHarness;

TEST_CASE("body_limit_refuses_what_is_longer_and_passes_the_rest") {
  MiddlewareHarness harness("bodyLimit", "{maxBytes: 8}");
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  auto answer = harness.run({.method = "POST", .body = {"1234", "5678"}});
  CHECK(answer.status == 200);
  CHECK(harness.seen.back().body == "12345678");
  CHECK(harness.run({}).status == 200);
  auto longer = harness.run({.method = "POST", .body = {"1234", "56789"}});
  bool is_refused = longer.status == 413 || longer.error == Code::body_too_large;
  CHECK(is_refused);
}

TEST_CASE("body_limit_wants_a_number") {
  CHECK_FALSE(MiddlewareHarness("bodyLimit", "{}").is_made());
  CHECK_FALSE(MiddlewareHarness("bodyLimit", "{maxBytes: 0}").is_made());
}

TEST_CASE("status_codes_of_refusals_and_redirects_can_be_set") {
  MiddlewareHarness rate("rateLimit", "{average: 1, burst: 1, statusCode: 503}");
  REQUIRE_MESSAGE(rate.is_made(), rate.faults());
  CHECK(rate.run({}).status == 200);
  CHECK(rate.run({}).status == 503);
  MiddlewareHarness none("inFlightReq", "{amount: 0, statusCode: 503}");
  CHECK(none.run({}).status == 503);
  MiddlewareHarness scheme("redirectScheme", "{scheme: https, statusCode: 308}");
  CHECK(scheme.run({}).status == 308);
  MiddlewareHarness regex("redirectRegex",
                          "{regex: '^.*$', replacement: 'http://x/', statusCode: 303}");
  CHECK(regex.run({}).status == 303);
  CHECK_FALSE(MiddlewareHarness("redirectScheme", "{scheme: https, statusCode: 200}").is_made());
  CHECK_FALSE(MiddlewareHarness("rateLimit", "{average: 1, statusCode: 200}").is_made());
}
