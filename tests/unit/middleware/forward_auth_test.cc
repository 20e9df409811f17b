#include <doctest/doctest.h>

#include "middleware/forward_auth_origin.h"
#include "tests/support/middleware_harness.h"

using namespace fairlead;
using testing::FieldList;
using testing::MiddlewareHarness;
using testing::TestRequest;
using testing::TestUpstream;

namespace {

constexpr std::string_view kService = "forwardauth-tested-file@internal";

// A harness whose authentication service answers like this.
struct Auth : MiddlewareHarness {
  explicit Auth(std::string_view more, TestUpstream answer = {.chunks = {}})
      : MiddlewareHarness("forwardAuth",
                          "{address: 'http://auth:9/verify?x=1'" + std::string(more) + "}") {
    REQUIRE_MESSAGE(is_made(), faults());
    services[std::string(kService)] = std::move(answer);
  }
};

}  // namespace

TEST_CASE("addresses_of_authentication_services_are_read") {
  using middleware::parse_auth_address;
  auto plain = parse_auth_address("http://auth");
  REQUIRE(plain.has_value());
  CHECK(plain->server == "http://auth");
  CHECK(plain->path == "/");
  CHECK_FALSE(plain->has_query);
  auto whole = parse_auth_address("HTTPS://[::1]:9091/a/b?c=d#e");
  REQUIRE(whole.has_value());
  CHECK(whole->server == "https://[::1]:9091");
  CHECK(whole->path == "/a/b");
  CHECK(whole->query == "c=d");
  for (std::string_view bad : {"", "auth:9091", "ftp://auth", "http://", "http://a b/",
                               "http://user:secret@auth/", "http:///x"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_auth_address(bad).has_value());
  }
}

TEST_CASE("a_yes_lets_the_request_pass_and_a_no_is_the_clients_answer") {
  Auth yes("");
  CHECK(yes.run({}).body == "hello");
  CHECK(yes.last_service == kService);
  Auth no("", {.status = 403, .headers = {{"X-Why", "because"}}, .chunks = {"go ", "away"}});
  auto answer = no.run({});
  CHECK(answer.status == 403);
  CHECK(answer.header("X-Why") == "because");
  CHECK(answer.body == "go away");
  CHECK(no.seen.empty());
}

TEST_CASE("the_question_says_what_was_asked") {
  Auth harness("");
  harness.run({.method = "POST",
               .path = "/a",
               .query = "b=c",
               .host = "shop.example:8080",
               .headers = {{"Cookie", "id=1"},
                           {"X-Forwarded-For", "198.51.100.1"},
                           {"X-Forwarded-Uri", "/lie"},
                           {"X-Forwarded-Port", "7"},
                           {"Content-Length", "3"}},
               .is_tls = true,
               .body = {"abc"}});
  REQUIRE(harness.asked.size() == 1);
  const auto& asked = harness.asked[0];
  CHECK(asked.method == "GET");
  CHECK(asked.path == "/verify");
  CHECK(asked.query == "x=1");
  CHECK(asked.body == "");
  CHECK(asked.header("Cookie") == "id=1");
  CHECK(asked.header("X-Forwarded-Method") == "POST");
  CHECK(asked.header("X-Forwarded-Proto") == "https");
  CHECK(asked.header("X-Forwarded-Host") == "shop.example:8080");
  CHECK(asked.header("X-Forwarded-Uri") == "/a?b=c");
  CHECK(asked.header("X-Forwarded-For") == "192.0.2.7");
  CHECK(asked.header("X-Forwarded-Port") == "7");
  CHECK_FALSE(asked.has("Content-Length"));
  CHECK(harness.last().body == "abc");
  CHECK(harness.last().header("X-Forwarded-For") == "198.51.100.1");
}

TEST_CASE("forwarded_fields_are_kept_or_removed") {
  TestRequest request{.path = "/a",
                      .headers = {{"X-Forwarded-For", "198.51.100.1"},
                                  {"X-Forwarded-Uri", "/before"},
                                  {"X-Forwarded-Port", "7"},
                                  {"X-Forwarded-Prefix", "/p"}}};
  Auth kept(", trustForwardHeader: true");
  kept.run(request);
  CHECK(kept.asked[0].header("X-Forwarded-For") == "198.51.100.1, 192.0.2.7");
  CHECK(kept.asked[0].header("X-Forwarded-Uri") == "/before");
  CHECK(kept.asked[0].header("X-Forwarded-Port") == "7");
  CHECK(kept.asked[0].header("X-Forwarded-Prefix") == "/p");
  Auth removed(", trustForwardHeader: false");
  removed.run(request);
  CHECK(removed.asked[0].header("X-Forwarded-For") == "192.0.2.7");
  CHECK(removed.asked[0].header("X-Forwarded-Uri") == "/a");
  CHECK(removed.asked[0].header("X-Forwarded-Port") == "80");
  CHECK_FALSE(removed.asked[0].has("X-Forwarded-Prefix"));
}

TEST_CASE("only_listed_fields_are_asked_with") {
  Auth harness(", authRequestHeaders: [X-Key], preserveRequestMethod: true");
  harness.run({.method = "PUT", .headers = {{"x-key", "1"}, {"Cookie", "secret"}}});
  CHECK(harness.asked[0].method == "PUT");
  CHECK(harness.asked[0].header("X-Key") == "1");
  CHECK_FALSE(harness.asked[0].has("Cookie"));
  CHECK(harness.asked[0].header("X-Forwarded-Method") == "PUT");
}

TEST_CASE("fields_of_a_yes_replace_what_the_client_sent") {
  Auth harness(
      ", authResponseHeaders: [X-User, X-Gone], authResponseHeadersRegex: '^x-group',"
      " headerField: X-User",
      {.headers = {{"X-User", "ann"},
                   {"X-Group-A", "1"},
                   {"X-Group-B", "2"},
                   {"X-Group-A", "3"},
                   {"X-Other", "no"}},
       .chunks = {}});
  auto answer = harness.run({.headers = {{"x-user", "root"},
                                         {"X_User", "root"},
                                         {"X-Gone", "root"},
                                         {"X-Group-A", "root"},
                                         {"X_Group_B", "root"},
                                         {"X-Group-Z", "root"}}});
  CHECK(answer.user == "ann");
  const auto& seen = harness.last();
  CHECK(seen.header("X-User") == "ann");
  CHECK_FALSE(seen.has("X_User"));
  CHECK_FALSE(seen.has("X-Gone"));
  CHECK(seen.header("X-Group-A") == "1|3");
  CHECK(seen.header("X-Group-B") == "2");
  CHECK_FALSE(seen.has("X_Group_B"));
  CHECK_FALSE(seen.has("X-Group-Z"));
  CHECK_FALSE(seen.has("X-Other"));
}

TEST_CASE("cookies_of_a_yes_reach_the_client") {
  Auth harness(", addAuthCookiesToResponse: [session]",
               {.headers = {{"Set-Cookie", "session=new; Path=/"}, {"Set-Cookie", "other=1"}},
                .chunks = {}});
  harness.upstream.headers = {{"Set-Cookie", "session=old"}, {"Set-Cookie", "own=1"}};
  CHECK(harness.run({}).header("Set-Cookie") == "own=1|session=new; Path=/");
}

TEST_CASE("locations_are_resolved_against_the_service_unless_kept") {
  const std::pair<std::string, std::string_view> rows[] = {
      {"/login", "http://auth:9/login"},
      {"login?a", "http://auth:9/login?a"},
      {"?a=b", "http://auth:9/verify?a=b"},
      {"//other/x", "http://other/x"},
      {"https://sso.example/x", "https://sso.example/x"},
  };
  for (const auto& [location, resolved] : rows) {
    CAPTURE(location);
    TestUpstream no{.status = 302, .headers = {{"Location", location}}, .chunks = {}};
    Auth harness("", no);
    CHECK(harness.run({}).header("Location") == resolved);
    Auth kept(", preserveLocationHeader: true", no);
    CHECK(kept.run({}).header("Location") == location);
  }
}

TEST_CASE("a_signin_url_replaces_401_alone") {
  Auth harness(", authSigninURL: 'https://sso.example/'", {.status = 401});
  auto answer = harness.run({});
  CHECK(answer.status == 302);
  CHECK(answer.header("Location") == "https://sso.example/");
  Auth forbidden(", authSigninURL: 'https://sso.example/'", {.status = 403});
  CHECK(forbidden.run({}).status == 403);
}

TEST_CASE("a_body_goes_to_both_within_its_bound") {
  Auth harness(", forwardBody: true, maxBodySize: 8");
  TestRequest request{
      .method = "POST", .headers = {{"Content-Type", "text/plain"}}, .body = {"abc", "def"}};
  CHECK(harness.run(request).status == 200);
  CHECK(harness.asked[0].body == "abcdef");
  CHECK(harness.asked[0].header("Content-Type") == "text/plain");
  CHECK(harness.last().body == "abcdef");
  request.body = {"abcdefghi"};
  CHECK(harness.run(request).status == 401);
  CHECK(harness.asked.size() == 1);
}

TEST_CASE("an_answer_beyond_its_bound_is_a_no") {
  Auth harness(", maxResponseBodySize: 4", {.chunks = {"12345"}});
  CHECK(harness.run({}).status == 401);
  Auth fits(", maxResponseBodySize: 5", {.chunks = {"12345"}});
  CHECK(fits.run({}).status == 200);
}

TEST_CASE("a_service_that_cannot_be_asked_lets_nobody_in") {
  Auth broken("", {.error = Error{Code::refused, Side::upstream, Stage::connect}});
  CHECK(broken.run({}).status == 500);
  Auth slow("", {.delay_ms = 31'000});
  CHECK(slow.run({}).status == 500);
  Auth gone("");
  gone.services.clear();
  CHECK(gone.run({}).status == 500);
  CHECK(gone.seen.empty());
}

TEST_CASE("forward_auth_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"{}", "address: is required"},
      {"address: auth:9091", "address: must be a URL"},
      {"{address: 'http://a', authResponseHeadersRegex: '('}", "authResponseHeadersRegex:"},
      {"{address: 'https://a', tls: {cert: x}}", "tls.key: is missing"},
      {"{address: 'http://a', maxBodySize: -2}", "maxBodySize: must be"},
      {"{address: 'http://a', authResponseHeaders: ['a b']}", "authResponseHeaders"},
  };
  for (const auto& [text, words] : faults) {
    CAPTURE(text);
    MiddlewareHarness harness("forwardAuth", text);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}
