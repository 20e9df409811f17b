#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "middleware/middleware_type.h"
#include "tests/support/middleware_harness.h"

using namespace fairlead::middleware;

namespace {

std::string documentation() {
  std::ifstream file(std::filesystem::path(FAIRLEAD_GOLDEN_DIR) / "../../docs/middlewares.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("types_are_found_by_name_without_case") {
  REQUIRE(find_middleware("addPrefix") != nullptr);
  CHECK(find_middleware("addprefix") == find_middleware("addPrefix"));
  CHECK(find_middleware("addPrefix")->name == "addPrefix");
  CHECK(find_middleware("") == nullptr);
  CHECK(find_middleware("addPrefixes") == nullptr);
  for (const MiddlewareType* type : all_middlewares()) CHECK(find_middleware(type->name) == type);
}

TEST_CASE("every_type_is_documented") {
  std::string text = documentation();
  REQUIRE_FALSE(text.empty());
  for (const MiddlewareType* type : all_middlewares()) {
    CAPTURE(type->name);
    CHECK(text.find("\n## " + std::string(type->name) + "\n") != std::string::npos);
  }
}

// Under AddressSanitizer every block comes from the heap, so that none is recycled unseen.
#if !defined(__SANITIZE_ADDRESS__) && !(defined(__has_feature) && __has_feature(address_sanitizer))
TEST_CASE("a_warm_worker_asks_the_heap_for_nothing") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"addPrefix", "prefix: /p"},
      {"stripPrefix", "prefixes: [/x]"},
      {"stripPrefixRegex", "regex: ['/x[a-z]*']"},
      {"replacePath", "path: /p"},
      {"replacePathRegex", "{regex: '^/x/(.*)', replacement: '/p/$1'}"},
      {"redirectScheme", "scheme: https"},
      {"redirectRegex", "{regex: '^http://(.*)', replacement: 'https://$1'}"},
      {"headers",
       "{customRequestHeaders: {X-A: a}, customResponseHeaders: {X-B: b}, frameDeny: true,"
       " accessControlAllowOriginList: ['*'], addVaryHeader: true}"},
      {"ipAllowList", "{sourceRange: [192.0.2.0/24], ipStrategy: {excludedIPs: [10.0.0.0/8]}}"},
      {"ipDenyList", "sourceRange: [10.0.0.0/8]"},
      {"encodedCharacters", "{}"},
      {"contentType", "{}"},
      {"basicAuth", "{users: ['sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='], headerField: X-User}"},
  };
  for (auto [type, options] : rows) {
    CAPTURE(type);
    fairlead::testing::MiddlewareHarness harness(type, options);
    REQUIRE_MESSAGE(harness.is_made(), harness.faults());
    const fairlead::testing::TestRequest request{
        .path = "/x/some/longer/path/than/fits/in/a/short/string",
        .headers = {{"X-Forwarded-For", "192.0.2.1, 10.0.0.1"},
                    {"Authorization", "Basic c2hhOnNlY3JldA=="}}};
    for (int warming = 0; warming < 3; ++warming) harness.run(request);
    CHECK(harness.run(request).allocations == 0);
  }
}
#endif

TEST_CASE("links_of_a_chain_run_in_order") {
  fairlead::testing::MiddlewareHarness harness("stripPrefix", "prefixes: [/a]");
  harness.add("addPrefix", "prefix: /b");
  harness.add("headers", "customResponseHeaders: {X-A: a}");
  auto answer = harness.run({.path = "/a/x"});
  CHECK(harness.last().path == "/b/x");
  CHECK(answer.header("X-A") == "a");
}
