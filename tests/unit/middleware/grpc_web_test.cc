#include <doctest/doctest.h>

#include "base/base64.h"
#include "tests/support/middleware_harness.h"

using namespace std::string_literals;
using fairlead::base64_encode;
using fairlead::testing::MiddlewareHarness;
using fairlead::testing::TestRequest;

namespace {

TestRequest call(std::string type, std::vector<std::string> body) {
  return {.method = "POST",
          .headers = {{"Content-Type", std::move(type)}, {"Origin", "https://page.example"}},
          .body = std::move(body)};
}

const std::string kMessage =
    "\x00\x00\x00\x00\x03"
    "abc"s;
const std::string kTrailers =
    "\x80\x00\x00\x00\x0e"
    "x-trailer: 0\r\n"s;

}  // namespace

TEST_CASE("binary_grpc_web_becomes_grpc_and_back") {
  MiddlewareHarness harness("grpcWeb", "allowOrigins: ['https://page.example']");
  harness.upstream = {.headers = {{"Content-Type", "application/grpc+proto"}},
                      .chunks = {kMessage, kMessage},
                      .trailer = "0"};
  auto answer = harness.run(call("application/grpc-web+proto", {kMessage}));
  CHECK(harness.last().header("Content-Type") == "application/grpc+proto");
  CHECK(harness.last().header("TE") == "trailers");
  CHECK(harness.last().body == kMessage);
  CHECK(answer.header("Content-Type") == "application/grpc-web+proto");
  CHECK(answer.body == kMessage + kMessage + kTrailers);
  CHECK_FALSE(answer.has("X-Trailer"));
  CHECK(answer.header("Access-Control-Allow-Origin") == "https://page.example");
  CHECK(answer.header("Access-Control-Expose-Headers").starts_with("grpc-status, grpc-message"));
}

TEST_CASE("text_grpc_web_is_base64_both_ways") {
  MiddlewareHarness harness("grpcWeb", "{}");
  harness.upstream = {
      .headers = {{"Content-Type", "application/grpc"}}, .chunks = {kMessage}, .trailer = "0"};
  std::string coded = base64_encode(kMessage);
  // In pieces that fit nothing, with padding in the middle.
  auto answer = harness.run(
      call("application/grpc-web-text",
           {coded.substr(0, 3), coded.substr(3) + base64_encode("x"), base64_encode("yz")}));
  CHECK(harness.last().header("Content-Type") == "application/grpc");
  CHECK(harness.last().body == kMessage + "xyz");
  CHECK(answer.header("Content-Type") == "application/grpc-web-text");
  CHECK(answer.body == base64_encode(kMessage + kTrailers));
  CHECK_FALSE(answer.has("Access-Control-Allow-Origin"));
}

TEST_CASE("malformed_base64_ends_the_call") {
  for (std::string bad : {"AA*A", "AAA"}) {
    MiddlewareHarness harness("grpcWeb", "{}");
    CHECK(harness.run(call("application/grpc-web-text", {bad})).error != fairlead::Code::ok);
  }
}

TEST_CASE("an_answer_that_is_no_grpc_passes") {
  MiddlewareHarness harness("grpcWeb", "{}");
  harness.upstream = {.status = 502, .headers = {{"Content-Type", "text/plain"}}};
  auto answer = harness.run(call("application/grpc-web", {kMessage}));
  CHECK(answer.status == 502);
  CHECK(answer.body == "hello");
  CHECK(answer.header("Content-Type") == "text/plain");
}

TEST_CASE("other_requests_pass_untouched") {
  MiddlewareHarness harness("grpcWeb", "allowOrigins: ['*']");
  harness.run(call("application/grpc", {kMessage}));
  CHECK(harness.last().header("Content-Type") == "application/grpc");
  CHECK_FALSE(harness.last().has("TE"));
  harness.run(call("application/grpc-website", {kMessage}));
  CHECK(harness.last().header("Content-Type") == "application/grpc-website");
}

TEST_CASE("preflights_of_listed_origins_are_answered") {
  TestRequest preflight{.method = "OPTIONS",
                        .headers = {{"Origin", "https://page.example"},
                                    {"Access-Control-Request-Method", "POST"},
                                    {"Access-Control-Request-Headers", "content-type,x-grpc-web"}}};
  MiddlewareHarness harness("grpcWeb", "allowOrigins: ['https://page.example']");
  auto answer = harness.run(preflight);
  CHECK(answer.status == 204);
  CHECK(answer.header("Access-Control-Allow-Headers") == "content-type,x-grpc-web");
  CHECK(harness.seen.empty());
  MiddlewareHarness other("grpcWeb", "allowOrigins: ['https://other.example']");
  CHECK(other.run(preflight).status == 200);
  CHECK(other.seen.size() == 1);
}
