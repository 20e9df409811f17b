#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using fairlead::testing::FieldList;
using fairlead::testing::MiddlewareHarness;
using fairlead::testing::TestRequest;

TEST_CASE("custom_request_headers_are_set_or_deleted") {
  MiddlewareHarness harness("headers",
                            "customRequestHeaders: {X-A: one, X-B: '', Host: Other.example:81}");
  harness.run({.headers = {{"x-a", "0"}, {"X-A", "00"}, {"X-B", "1"}, {"Host", "example.org"}}});
  CHECK(harness.last().header("X-A") == "one");
  CHECK_FALSE(harness.last().has("X-B"));
  CHECK(harness.last().authority == "Other.example:81");
  CHECK(harness.last().host == "other.example");
  CHECK(harness.last().header("Host") == "Other.example:81");
  CHECK_FALSE(harness.last().has_forwarded_for);
}

TEST_CASE("an_empty_x_forwarded_for_stops_the_forwarder_from_adding_one") {
  MiddlewareHarness harness("headers", "customRequestHeaders: {X-Forwarded-For: ''}");
  harness.run({.headers = {{"X-Forwarded-For", "1.2.3.4"}}});
  CHECK_FALSE(harness.last().has("X-Forwarded-For"));
  CHECK(harness.last().has_forwarded_for);
}

TEST_CASE("a_client_cannot_have_a_custom_header_dropped_by_naming_it_in_connection") {
  MiddlewareHarness harness("headers", "customRequestHeaders: {X-Secret: s}");
  harness.run(
      {.headers = {{"Connection", "keep-alive, x-secret , close"}, {"Connection", "X-SECRET"}}});
  CHECK(harness.last().header("Connection") == "keep-alive, close");
  CHECK(harness.last().header("X-Secret") == "s");
}

TEST_CASE("custom_response_headers_are_set_or_deleted") {
  MiddlewareHarness harness(
      "headers",
      "{customResponseHeaders: {X-A: one, Server: '', X-Frame-Options: mine}, frameDeny: true}");
  harness.upstream.headers = {{"Server", "nginx"}, {"X-A", "1"}, {"x-a", "2"}};
  auto answer = harness.run({});
  CHECK(answer.header("X-A") == "one");
  CHECK_FALSE(answer.has("Server"));
  CHECK(answer.header("X-Frame-Options") == "mine");
  CHECK(answer.body == "hello");
}

TEST_CASE("security_headers_say_what_was_asked_for") {
  struct Row {
    std::string_view options;
    std::string_view name;
    std::string_view plain;
    std::string_view tls;
  };
  constexpr std::string_view kSts = "Strict-Transport-Security";
  const Row rows[] = {
      {"stsSeconds: 10", kSts, "", "max-age=10"},
      {"{stsSeconds: 10, stsIncludeSubdomains: true, stsPreload: true}", kSts, "",
       "max-age=10; includeSubDomains; preload"},
      {"{stsSeconds: 10, stsPreload: true, forceSTSHeader: true}", kSts, "max-age=10; preload",
       "max-age=10; preload"},
      {"{stsSeconds: 10, forceSTSHeader: true, isDevelopment: true}", kSts, "", ""},
      {"{stsIncludeSubdomains: true}", kSts, "", ""},
      {"frameDeny: true", "X-Frame-Options", "DENY", "DENY"},
      {"{frameDeny: true, customFrameOptionsValue: SAMEORIGIN}", "X-Frame-Options", "SAMEORIGIN",
       "SAMEORIGIN"},
      {"contentTypeNosniff: true", "X-Content-Type-Options", "nosniff", "nosniff"},
      {"browserXssFilter: true", "X-XSS-Protection", "1; mode=block", "1; mode=block"},
      {"{browserXssFilter: true, customBrowserXSSValue: '0'}", "X-XSS-Protection", "0", "0"},
      {"contentSecurityPolicy: default-src 'self'", "Content-Security-Policy", "default-src 'self'",
       "default-src 'self'"},
      {"contentSecurityPolicyReportOnly: a", "Content-Security-Policy-Report-Only", "a", "a"},
      {"publicKey: pin", "Public-Key-Pins", "", "pin"},
      {"{publicKey: pin, isDevelopment: true}", "Public-Key-Pins", "", ""},
      {"referrerPolicy: no-referrer", "Referrer-Policy", "no-referrer", "no-referrer"},
      {"permissionsPolicy: geolocation=()", "Permissions-Policy", "geolocation=()",
       "geolocation=()"},
      {"frameDeny: false", "X-Frame-Options", "theirs", "theirs"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    MiddlewareHarness harness("headers", row.options);
    REQUIRE(harness.is_made());
    CHECK(harness.faults() == "");
    harness.upstream.headers = {{"X-Frame-Options", "theirs"}};
    CHECK(harness.run({}).header(row.name) == row.plain);
    CHECK(harness.run({.is_tls = true}).header(row.name) == row.tls);
  }
}

TEST_CASE("ssl_proxy_headers_prove_tls") {
  MiddlewareHarness harness("headers",
                            "{stsSeconds: 1, sslProxyHeaders: {X-Forwarded-Proto: https}}");
  CHECK(
      harness.run({.headers = {{"X-Forwarded-Proto", "https"}}}).has("Strict-Transport-Security"));
  CHECK_FALSE(
      harness.run({.headers = {{"X-Forwarded-Proto", "http"}}}).has("Strict-Transport-Security"));
}

TEST_CASE("allowed_hosts_refuse_others_with_500") {
  struct Row {
    std::string_view options;
    std::string_view host;
    std::string_view forwarded;
    unsigned status;
  };
  const Row rows[] = {
      {"allowedHosts: [a.example, b.example]", "B.example", "", 200},
      {"allowedHosts: [a.example]", "a.example:8080", "", 200},
      {"allowedHosts: [a.example]", "c.example", "", 500},
      {"allowedHosts: [a.example]", "c.example", "a.example", 500},
      {"{allowedHosts: [a.example], hostsProxyHeaders: [X-Forwarded-Host]}", "c.example",
       "a.example", 200},
      {"{allowedHosts: [a.example], hostsProxyHeaders: [X-Forwarded-Host]}", "a.example",
       "c.example", 500},
      {"{allowedHosts: [a.example], isDevelopment: true}", "c.example", "", 200},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    CAPTURE(row.host);
    MiddlewareHarness harness("headers", row.options);
    FieldList fields;
    if (!row.forwarded.empty()) fields.emplace_back("X-Forwarded-Host", std::string(row.forwarded));
    auto answer = harness.run({.host = std::string(row.host), .headers = fields});
    CHECK(answer.status == row.status);
    CHECK(answer.body == (row.status == 500 ? "Bad Host\n" : "hello"));
  }
}

TEST_CASE("a_preflight_is_answered_without_the_upstream") {
  MiddlewareHarness harness(
      "headers",
      "{accessControlAllowOriginList: ['https://a.example'], accessControlAllowMethods: [GET, PUT],"
      " accessControlAllowHeaders: [X-A, X-B], accessControlMaxAge: 100, addVaryHeader: true,"
      " customResponseHeaders: {X-C: c}}");
  TestRequest preflight{
      .method = "OPTIONS",
      .headers = {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PUT"}}};
  auto answer = harness.run(preflight);
  CHECK(harness.seen.empty());
  CHECK(answer.status == 200);
  CHECK(answer.body == "");
  CHECK(answer.header("Access-Control-Allow-Origin") == "https://a.example");
  CHECK(answer.header("Access-Control-Allow-Methods") == "GET,PUT");
  CHECK(answer.header("Access-Control-Allow-Headers") == "X-A,X-B");
  CHECK(answer.header("Access-Control-Max-Age") == "100");
  CHECK(answer.header("Vary") == "Origin");
  CHECK_FALSE(answer.has("Access-Control-Allow-Credentials"));
  CHECK_FALSE(answer.has("X-C"));

  preflight.headers[0].second = "https://evil.example";
  CHECK_FALSE(harness.run(preflight).has("Access-Control-Allow-Origin"));
}

TEST_CASE("what_is_no_preflight_reaches_the_upstream") {
  const TestRequest requests[] = {
      {.method = "GET",
       .headers = {{"Origin", "https://a"}, {"Access-Control-Request-Method", "PUT"}}},
      {.method = "OPTIONS", .headers = {{"Access-Control-Request-Method", "PUT"}}},
      {.method = "OPTIONS", .headers = {{"Origin", "https://a"}}},
  };
  for (const TestRequest& request : requests) {
    MiddlewareHarness harness("headers", "accessControlAllowMethods: [GET]");
    harness.run(request);
    CHECK(harness.seen.size() == 1);
  }
  MiddlewareHarness without_cors("headers", "customRequestHeaders: {X-A: a}");
  without_cors.run(
      {.method = "OPTIONS",
       .headers = {{"Origin", "https://a"}, {"Access-Control-Request-Method", "PUT"}}});
  CHECK(without_cors.seen.size() == 1);
}

TEST_CASE("any_with_credentials_echoes_what_was_asked") {
  MiddlewareHarness harness(
      "headers",
      "{accessControlAllowOriginList: ['*'], accessControlAllowMethods: ['*'],"
      " accessControlAllowHeaders: ['*'], accessControlAllowCredentials: true}");
  auto answer = harness.run({.method = "OPTIONS",
                             .headers = {{"Origin", "https://a.example"},
                                         {"Access-Control-Request-Method", "PATCH"},
                                         {"Access-Control-Request-Headers", "x-one,x-two"}}});
  CHECK(answer.header("Access-Control-Allow-Origin") == "https://a.example");
  CHECK(answer.header("Access-Control-Allow-Methods") == "PATCH");
  CHECK(answer.header("Access-Control-Allow-Headers") == "x-one,x-two");
  CHECK(answer.header("Access-Control-Allow-Credentials") == "true");
}

TEST_CASE("answers_are_marked_for_the_origin") {
  struct Row {
    std::string_view options;
    std::string_view origin;
    std::string_view allowed;
  };
  const Row rows[] = {
      {"accessControlAllowOriginList: ['*']", "https://a.example", "*"},
      {"accessControlAllowOriginList: ['*']", "", "*"},
      {"{accessControlAllowOriginList: ['*'], accessControlAllowCredentials: true}",
       "https://a.example", "https://a.example"},
      {"{accessControlAllowOriginList: ['*'], accessControlAllowCredentials: true}", "", ""},
      {"accessControlAllowOriginList: ['https://a.example', 'https://b.example']",
       "https://b.example", "https://b.example"},
      {"accessControlAllowOriginList: ['https://a.example']", "https://A.example", ""},
      {"accessControlAllowOriginListRegex: ['^https://[a-z]+\\.example$']", "https://a.example",
       "https://a.example"},
      {"accessControlAllowOriginListRegex: ['^https://[a-z]+\\.example$']",
       "https://a.example.evil", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    CAPTURE(row.origin);
    MiddlewareHarness harness("headers", row.options);
    FieldList fields;
    if (!row.origin.empty()) fields.emplace_back("Origin", std::string(row.origin));
    CHECK(harness.run({.headers = fields}).header("Access-Control-Allow-Origin") == row.allowed);
  }
}

TEST_CASE("vary_gets_origin_once") {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", "Origin"},
                                                                {"Accept", "Accept,Origin"},
                                                                {"origin", "origin"},
                                                                {"A, Origin", "A, Origin"},
                                                                {"*", "*"}};
  for (auto [before, after] : rows) {
    MiddlewareHarness harness("headers",
                              "{addVaryHeader: true, accessControlExposeHeaders: [X-A]}");
    if (!before.empty()) harness.upstream.headers = {{"Vary", std::string(before)}};
    auto answer = harness.run({});
    CHECK(answer.header("Vary") == after);
    CHECK(answer.header("Access-Control-Expose-Headers") == "X-A");
  }
}

TEST_CASE("headers_name_the_option_that_is_wrong") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"customRequestHeaders: {'X A': b}", "error: customRequestHeaders: \"X A\" is not the name"},
      {"customRequestHeaders: {X-A: \"a\\r\\nB: c\"}",
       "error: customRequestHeaders.X-A: holds a line break"},
      {"customRequestHeaders: {Host: ''}", "error: customRequestHeaders.Host: cannot be deleted"},
      {"customResponseHeaders: {Content-Length: '3'}",
       "error: customResponseHeaders.Content-Length: belongs"},
      {"accessControlAllowOriginListRegex: ['(']",
       "error: accessControlAllowOriginListRegex: malformed"},
      {"accessControlAllowMethods: ['G T']",
       "error: accessControlAllowMethods: \"G T\" is not a token"},
      {"stsSeconds: -1", "error: stsSeconds: must not be negative"},
      {"stsSeconds: ten", "error: stsSeconds"},
      {"referrerPolicy: \"a\\nb\"", "error: referrerPolicy: holds a line break"},
      {"sslRedirect: true",
       "warning: sslRedirect: is deprecated; it has no effect; use redirectScheme"},
      {"sslTemporaryRedirect: true", "warning: sslTemporaryRedirect: is deprecated"},
      {"sslHost: a", "warning: sslHost: is deprecated"},
      {"sslForceHost: true", "warning: sslForceHost: is deprecated"},
      {"featurePolicy: a",
       "warning: featurePolicy: is deprecated; it has no effect; use permissionsPolicy"},
      {"frameDenny: true", "warning: frameDenny: "},
  };
  for (auto [options, words] : rows) {
    CAPTURE(options);
    MiddlewareHarness harness("headers", options);
    CHECK_FAULT(harness, words);
  }
}
