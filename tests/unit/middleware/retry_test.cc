#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"
#include "tests/support/virtual_loop.h"

using namespace fairlead;
using testing::MiddlewareHarness;
using testing::TestRequest;
using testing::TestUpstream;

namespace {

const Error kRefused{Code::refused, Side::upstream, Stage::connect, Retry::always};
const Error kBroken{Code::closed, Side::upstream, Stage::response_head, Retry::if_idempotent};
const Error kTooSlow{Code::upstream_head_timeout, Side::upstream, Stage::response_head};

TestUpstream failing(Error error) { return {.error = error}; }
TestUpstream answering(unsigned status) { return {.status = status}; }

}  // namespace

TEST_CASE("what_failed_is_tried_again_until_it_works") {
  MiddlewareHarness harness("retry", "{attempts: 4}");
  harness.script = {failing(kRefused), failing(kBroken), failing(kTooSlow)};
  CHECK(harness.run({}).status == 200);
  CHECK(harness.seen.size() == 4);
}

TEST_CASE("attempts_count_the_first_one") {
  MiddlewareHarness harness("retry", "{attempts: 3}");
  harness.upstream = failing(kRefused);
  CHECK(harness.run({}).error == Code::refused);
  CHECK(harness.seen.size() == 3);
  MiddlewareHarness once("retry", "{attempts: 1}");
  once.upstream = failing(kRefused);
  CHECK(once.run({}).error == Code::refused);
  CHECK(once.seen.size() == 1);
}

TEST_CASE("what_may_have_been_executed_is_not_executed_twice") {
  struct Row {
    std::string method;
    TestUpstream upstream;
    std::string options;
    size_t tries;
  };
  const Row rows[] = {
      {"GET", failing(kBroken), "", 2},
      {"PUT", failing(kBroken), "", 2},
      {"POST", failing(kBroken), "", 1},
      {"PATCH", failing(kBroken), "", 1},
      {"LOCK", failing(kBroken), "", 1},
      {"POST", failing(kRefused), "", 2},
      {"POST", failing(kBroken), ", retryNonIdempotentMethod: true", 2},
      {"GET", failing(kRefused), ", disableRetryOnNetworkError: true, status: ['500']", 1},
      {"GET", answering(503), "", 1},
      {"GET", answering(503), ", status: [500-599]", 2},
      {"GET", answering(503), ", status: ['503', 404]", 2},
      {"GET", answering(502), ", status: ['503', 404]", 1},
      {"POST", answering(503), ", status: [500-599]", 1},
      {"POST", answering(503), ", status: [500-599], retryNonIdempotentMethod: true", 2},
      {"GET", failing({Code::reset, Side::client, Stage::body}), "", 1},
      {"GET", failing({Code::no_server, Side::self, Stage::route}), "", 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.options);
    MiddlewareHarness harness("retry", "{attempts: 2" + row.options + "}");
    REQUIRE_MESSAGE(harness.is_made(), harness.faults());
    harness.upstream = row.upstream;
    harness.run({.method = row.method});
    CHECK(harness.seen.size() == row.tries);
  }
}

TEST_CASE("each_attempt_begins_with_the_request_as_it_was") {
  MiddlewareHarness harness("retry", "{attempts: 3}");
  harness.add("addPrefix", "prefix: /p");
  harness.add("headers", "customRequestHeaders: {X-A: b, X-Gone: ''}");
  harness.script = {failing(kRefused), failing(kRefused)};
  CHECK(harness.run({.path = "/x", .headers = {{"X-Gone", "1"}}}).status == 200);
  for (const auto& seen : harness.seen) {
    CHECK(seen.path == "/p/x");
    CHECK(seen.header("X-A") == "b");
    CHECK_FALSE(seen.has("X-Gone"));
  }
}

TEST_CASE("each_attempt_gets_the_whole_body") {
  MiddlewareHarness harness("retry", "{attempts: 3, status: ['503']}");
  harness.script = {answering(503), answering(503)};
  auto answer = harness.run({.method = "PUT", .body = {"one ", "wait", "two ", "three"}});
  CHECK(answer.status == 200);
  REQUIRE(harness.seen.size() == 3);
  for (const auto& seen : harness.seen) CHECK(seen.body == "one two three");
}

TEST_CASE("a_body_larger_than_the_limit_is_sent_once") {
  std::string big(40'000, 'x');
  for (bool fits : {true, false}) {
    CAPTURE(fits);
    MiddlewareHarness harness("retry", std::string("{attempts: 2, status: ['503'], ") +
                                           "maxRequestBodyBytes: " + (fits ? "80000" : "79999") +
                                           "}");
    harness.script = {answering(503)};
    auto answer = harness.run({.method = "PUT", .body = {big, big}});
    CHECK(answer.status == (fits ? 200 : 503));
    for (const auto& seen : harness.seen) CHECK(seen.body == big + big);
  }
}

TEST_CASE("a_body_that_nobody_read_needs_no_keeping") {
  MiddlewareHarness harness("retry", "{attempts: 2, maxRequestBodyBytes: 0}");
  harness.script = {{.error = kRefused, .reads_body = false}};
  CHECK(harness.run({.method = "POST", .body = {"one"}}).status == 200);
  CHECK(harness.last().body == "one");
}

TEST_CASE("waits_grow_from_the_interval_to_twice_as_much") {
  testing::VirtualLoop loop;
  MiddlewareHarness harness("retry", "{attempts: 4, initialInterval: 100ms}");
  harness.loop = &loop;
  harness.upstream = failing(kRefused);
  auto begin = loop.now();
  harness.run({});
  auto waited = (loop.now() - begin).count();
  CHECK(waited >= 100 + 125 + 158);
  CHECK(waited <= 100 + 126 + 159 + 40);  // the grain of timers
}

TEST_CASE("no_attempt_begins_after_the_timeout") {
  testing::VirtualLoop loop;
  MiddlewareHarness harness("retry", "{attempts: 100, initialInterval: 1s, timeout: 5s}");
  harness.loop = &loop;
  harness.upstream = failing(kRefused);
  CHECK(harness.run({}).error == Code::refused);
  CHECK(harness.seen.size() >= 4);
  CHECK(harness.seen.size() <= 5);
}

TEST_CASE("retry_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"{}", "attempts: is required"},
      {"attempts: 0", "attempts: is required"},
      {"{attempts: 2, status: [600]}", "status: \"600\" is no status"},
      {"{attempts: 2, status: [599-500]}", "status: \"599-500\" is no status"},
      {"{attempts: 2, maxRequestBodyBytes: -2}", "maxRequestBodyBytes: must be"},
      {"{attempts: 2, timeout: -1s}", "timeout: must not be negative"},
  };
  for (const auto& [options, words] : faults) {
    CAPTURE(options);
    MiddlewareHarness harness("retry", options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}
