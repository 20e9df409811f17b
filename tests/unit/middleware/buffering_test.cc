#include <doctest/doctest.h>

#include "io/uv_loop.h"
#include "middleware/spool.h"
#include "tests/support/middleware_harness.h"

using namespace fairlead;
using testing::MiddlewareHarness;

TEST_CASE("bodies_come_through_whole_from_memory_and_from_disk") {
  for (std::string_view memory : {"1", "100000", "4194304"}) {
    CAPTURE(memory);
    io::UvLoop loop;
    MiddlewareHarness harness("buffering", "{memRequestBodyBytes: " + std::string(memory) +
                                               ", memResponseBodyBytes: " + std::string(memory) +
                                               "}");
    harness.loop = &loop;
    std::string piece;
    for (int i = 0; i < 30'000; ++i) piece += static_cast<char>('a' + i % 23);
    std::vector<std::string> chunks(30, piece);
    std::string whole;
    for (const std::string& chunk : chunks) whole += chunk;
    harness.upstream.chunks = chunks;
    harness.upstream.trailer = "t";
    auto answer = harness.run({.method = "POST", .body = chunks});
    CHECK(answer.status == 200);
    CHECK(harness.last().body == whole);
    CHECK(answer.body == whole);
    CHECK(answer.header("X-Trailer") == "t");
  }
}

TEST_CASE("bodies_beyond_their_bounds_are_refused") {
  MiddlewareHarness harness("buffering", "{maxRequestBodyBytes: 10, maxResponseBodyBytes: 12}");
  CHECK(harness.run({.method = "POST", .body = {"12345", "678901"}}).status == 413);
  CHECK(harness.seen.empty());
  CHECK(harness.run({.method = "POST", .body = {"12345", "67890"}}).status == 200);
  for (bool tells_length : {true, false}) {
    harness.upstream.tells_length = tells_length;
    harness.upstream.chunks = {"1234567", "890123"};
    CHECK(harness.run({}).status == 500);
    harness.upstream.chunks = {"1234567", "89012"};
    CHECK(harness.run({}).body == "123456789012");
  }
}

TEST_CASE("an_expression_decides_about_another_try") {
  MiddlewareHarness harness("buffering", "retryExpression: 'IsNetworkError() && Attempts() < 3'");
  harness.add("addPrefix", "prefix: /p");
  harness.upstream.error = Error{Code::refused, Side::upstream, Stage::connect};
  CHECK(harness.run({.method = "POST", .path = "/x", .body = {"one ", "two"}}).error ==
        Code::refused);
  CHECK(harness.seen.size() == 3);
  for (const auto& seen : harness.seen) {
    CHECK(seen.body == "one two");
    CHECK(seen.path == "/p/x");
  }
  MiddlewareHarness status("buffering", "retryExpression: 'ResponseCode() == 503'");
  status.script = {{.status = 503}, {.status = 503}, {.status = 404}};
  CHECK(status.run({}).status == 404);
  MiddlewareHarness endless("buffering", "retryExpression: 'Attempts() > 0'");
  endless.run({});
  CHECK(endless.seen.size() == 10);
}

TEST_CASE("a_client_that_breaks_off_is_nobody_elses_fault") {
  MiddlewareHarness harness("buffering", "retryExpression: 'Attempts() < 5'");
  harness.upstream.error = Error{Code::reset, Side::client, Stage::body};
  CHECK(harness.run({}).error == Code::reset);
  CHECK(harness.seen.size() == 1);
}

TEST_CASE("buffering_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"maxRequestBodyBytes: -1", "maxRequestBodyBytes: must not be negative"},
      {"retryExpression: 'Tries() < 2'", "retryExpression: unknown function \"Tries\""},
      {"retryExpression: 'Attempts() < 2 &&'", "retryExpression: expected a number"},
  };
  for (const auto& [text, words] : faults) {
    CAPTURE(text);
    MiddlewareHarness harness("buffering", text);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}
