#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using namespace fairlead;
using testing::MiddlewareHarness;

namespace {

constexpr std::string_view kOptions =
    "status: [500-599, 404], service: pages@file, query: '/{status}.html?of={url}'";

std::string options(std::string_view more = {}) {
  return "{" + std::string(kOptions) + std::string(more) + "}";
}

}  // namespace

TEST_CASE("an_answer_with_a_listed_status_is_replaced_by_a_page") {
  MiddlewareHarness harness("errors", options());
  harness.services["pages@file"] = {
      .status = 200, .headers = {{"Content-Type", "text/html"}}, .chunks = {"<p>", "sorry"}};
  harness.upstream = {.status = 503, .headers = {{"Retry-After", "7"}, {"X-Own", "1"}}};
  auto answer = harness.run({.method = "POST",
                             .path = "/a b",
                             .query = "q=1&r",
                             .headers = {{"X-A", "b"},
                                         {"If-None-Match", "x"},
                                         {"Range", "bytes=0-1"},
                                         {"Content-Type", "text/plain"}}});
  CHECK(answer.status == 503);
  CHECK(answer.body == "<p>sorry");
  CHECK(answer.header("Content-Type") == "text/html");
  CHECK(answer.header("Retry-After") == "7");
  CHECK_FALSE(answer.has("X-Own"));
  CHECK(harness.last_service == "pages@file");
  REQUIRE(harness.asked.size() == 1);
  const auto& asked = harness.asked[0];
  CHECK(asked.method == "GET");
  CHECK(asked.path == "/503.html");
  CHECK(asked.query == "of=%2Fa+b%3Fq%3D1%26r");
  CHECK(asked.authority == "example.org");
  CHECK(asked.header("X-A") == "b");
  CHECK_FALSE(asked.has("If-None-Match"));
  CHECK_FALSE(asked.has("Range"));
  CHECK_FALSE(asked.has("Content-Type"));
}

TEST_CASE("other_answers_pass") {
  MiddlewareHarness harness("errors", options());
  harness.upstream.status = 403;
  CHECK(harness.run({}).body == "hello");
  CHECK(harness.asked.empty());
}

TEST_CASE("fairleads_own_errors_get_pages_too_and_leaving_clients_do_not") {
  MiddlewareHarness harness("errors", options());
  harness.services["pages@file"] = {.chunks = {"page"}};
  harness.upstream.error = Error{Code::no_server, Side::self, Stage::route};
  auto answer = harness.run({});
  CHECK(answer.status == 503);
  CHECK(answer.body == "page");
  harness.upstream.error = Error{Code::upstream_head_timeout, Side::upstream, Stage::response_head};
  CHECK(harness.run({}).status == 504);
  harness.upstream.error = Error{Code::reset, Side::client, Stage::body};
  CHECK(harness.run({}).error == Code::reset);
}

TEST_CASE("statuses_are_rewritten") {
  MiddlewareHarness harness(
      "errors",
      "{status: [500-599, 418], service: pages@file, query: '{status}-{originalStatus}',"
      " statusRewrites: {'418': 404, 500-504: 500}}");
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  harness.services["pages@file"] = {.chunks = {"page"}};
  const std::pair<unsigned, unsigned> rows[] = {{418, 404}, {502, 500}, {505, 505}};
  for (auto [from, to] : rows) {
    harness.upstream.status = from;
    CHECK(harness.run({}).status == to);
    CHECK(harness.asked.back().path == "/" + std::to_string(to) + "-" + std::to_string(from));
  }
}

TEST_CASE("a_page_that_cannot_be_had_leaves_the_bare_status") {
  MiddlewareHarness harness("errors", options());
  harness.upstream.status = 500;
  CHECK(harness.run({}).body == "Internal Server Error");
  harness.services["pages@file"] = {.error = Error{Code::refused, Side::upstream, Stage::connect}};
  auto answer = harness.run({});
  CHECK(answer.status == 500);
  CHECK(answer.body == "Internal Server Error");
  harness.services["pages@file"] = {.status = 503, .chunks = {"own page"}};
  CHECK(harness.run({}).body == "own page");
}

TEST_CASE("only_listed_fields_go_to_the_pages") {
  MiddlewareHarness harness("errors", options(", errorRequestHeaders: [X-A]"));
  harness.services["pages@file"] = {};
  harness.upstream.status = 500;
  harness.run({.headers = {{"x-a", "1"}, {"Cookie", "secret"}}});
  CHECK(harness.asked[0].header("X-A") == "1");
  CHECK_FALSE(harness.asked[0].has("Cookie"));
  MiddlewareHarness none("errors", options(", errorRequestHeaders: []"));
  none.services["pages@file"] = {};
  none.upstream.status = 500;
  none.run({.headers = {{"Cookie", "secret"}}});
  CHECK(none.asked[0].headers.empty());
}

TEST_CASE("errors_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"{status: [500]}", "service: is required"},
      {"{service: s}", "status: is required"},
      {"{service: s, status: [5xx]}", "status: \"5xx\" is no status"},
      {"{service: s, status: [500], query: '/a b'}", "query: holds blanks"},
      {"{service: s, status: [500], statusRewrites: {'500': '600'}}",
       "statusRewrites: \"500: 600\""},
  };
  for (const auto& [text, words] : faults) {
    CAPTURE(text);
    MiddlewareHarness harness("errors", text);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}
