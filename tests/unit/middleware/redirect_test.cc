#include "middleware/redirect.h"

#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using fairlead::testing::FieldList;
using fairlead::testing::MiddlewareHarness;
using fairlead::testing::TestRequest;

namespace {

struct Row {
  std::string_view options;
  TestRequest request;
  unsigned status;  // 200: passed on
  std::string_view location = {};
};

void check(std::string_view type, const Row& row) {
  CAPTURE(row.options);
  CAPTURE(row.request.host);
  CAPTURE(row.request.path);
  MiddlewareHarness harness(type, row.options);
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  auto answer = harness.run(row.request);
  CHECK(answer.status == row.status);
  CHECK(answer.header("Location") == row.location);
  CHECK(harness.seen.size() == (row.status == 200 ? 1 : 0));
}

TestRequest get(std::string host, std::string path, std::string query = {}, bool is_tls = false) {
  return {.path = std::move(path),
          .query = std::move(query),
          .host = std::move(host),
          .is_tls = is_tls};
}

TestRequest with_proto(std::string proto, bool is_tls = false) {
  return {
      .host = "a.example", .headers = {{"X-Forwarded-Proto", std::move(proto)}}, .is_tls = is_tls};
}

}  // namespace

TEST_CASE("redirect_scheme_keeps_host_path_and_query") {
  const Row rows[] = {
      {"scheme: https", get("a.example", "/x/%2F", "q=1"), 302, "https://a.example/x/%2F?q=1"},
      {"scheme: https", get("a.example:8080", "/"), 302, "https://a.example/"},
      {"scheme: https", get("[::1]:8080", "/"), 302, "https://[::1]/"},
      {"scheme: https", get("[::1]", "/"), 302, "https://[::1]/"},
      {"{scheme: https, port: 8443}", get("a.example:8080", "/"), 302, "https://a.example:8443/"},
      {"{scheme: https, port: '443'}", get("a.example", "/"), 302, "https://a.example/"},
      {"{scheme: http, port: '80'}", get("a.example:443", "/", "", true), 302, "http://a.example/"},
      {"scheme: https", get("a.example", "/", "", true), 200},
      {"scheme: https", get("a.example:443", "/", "", true), 200},
      {"scheme: https", get("a.example:8443", "/", "", true), 302, "https://a.example/"},
      {"{scheme: https, port: 8443}", get("a.example:8443", "/", "", true), 200},
      {"{scheme: http, port: 8080}", get("a.example", "/"), 302, "http://a.example:8080/"},
      {"scheme: https", with_proto("https"), 200},
      {"scheme: https", with_proto("WSS"), 200},
      {"scheme: https", with_proto("http", true), 302, "https://a.example/"},
      {"scheme: https", with_proto("ws", true), 302, "https://a.example/"},
      {"scheme: https", with_proto("gopher", true), 200},
  };
  for (const Row& row : rows) check("redirectScheme", row);
}

TEST_CASE("the_status_depends_on_method_and_permanence") {
  struct StatusRow {
    std::string_view method;
    bool is_permanent;
    unsigned status;
  };
  const StatusRow rows[] = {{"GET", false, 302}, {"POST", false, 307}, {"HEAD", false, 307},
                            {"GET", true, 301},  {"POST", true, 308},  {"HEAD", true, 308}};
  for (const StatusRow& row : rows) {
    MiddlewareHarness harness(
        "redirectScheme", row.is_permanent ? "{scheme: https, permanent: true}" : "scheme: https");
    CHECK(harness.run({.method = std::string(row.method)}).status == row.status);
    MiddlewareHarness regex("redirectRegex", row.is_permanent
                                                 ? "{regex: '.+', replacement: x, permanent: true}"
                                                 : "{regex: '.+', replacement: x}");
    CHECK(regex.run({.method = std::string(row.method)}).status == row.status);
  }
}

TEST_CASE("redirect_regex_works_on_the_full_url") {
  const Row rows[] = {
      {"{regex: '^http://localhost/(.*)', replacement: 'http://mydomain/${1}'}",
       get("localhost", "/a/b", "c=d"), 302, "http://mydomain/a/b?c=d"},
      {"{regex: '^https?://([^/]+)/old', replacement: 'https://$1/new'}",
       get("a.example:8080", "/old/x"), 302, "https://a.example:8080/new/x"},
      {"{regex: '^http://a.example:80/', replacement: 'x'}", get("a.example:80", "/"), 200},
      {"{regex: '^http://a.example/', replacement: 'https://b.example/'}", get("a.example:80", "/"),
       302, "https://b.example/"},
      {"{regex: '^https://(.*)', replacement: 'https://www.$1'}", get("a.example", "/"), 200},
      {"{regex: '^https://(.*)', replacement: 'https://www.$1'}", get("a.example", "/", "", true),
       302, "https://www.a.example/"},
      {"{regex: '^(.*)$', replacement: '$1'}", get("a.example", "/"), 200},
      {"{regex: '^.*$', replacement: 'https://a.example/ä b'}", get("a.example", "/"), 302,
       "https://a.example/%C3%A4%20b"},
  };
  for (const Row& row : rows) check("redirectRegex", row);
}

TEST_CASE("redirects_name_the_option_that_is_wrong") {
  struct Fault {
    std::string_view type;
    std::string_view options;
    std::string_view words;
  };
  const Fault faults[] = {
      {"redirectScheme", "{}", "error: scheme: is required"},
      {"redirectScheme", "scheme: 'https://'", "error: scheme: is not the name of a scheme"},
      {"redirectScheme", "{scheme: https, port: http}", "error: port: must be a number"},
      {"redirectScheme", "{scheme: https, port: 70000}", "error: port: must be a number"},
      {"redirectRegex", "{}", "error: regex: is required"},
      {"redirectRegex", "{regex: a}", "error: replacement: is required"},
      {"redirectRegex", "{regex: '(', replacement: a}",
       "error: regex: malformed regular expression \"(\""},
  };
  for (const Fault& fault : faults) {
    CAPTURE(fault.options);
    MiddlewareHarness harness(fault.type, fault.options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, fault.words);
  }
}
