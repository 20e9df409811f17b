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

TEST_CASE("links_of_a_chain_run_in_order") {
  fairlead::testing::MiddlewareHarness harness("stripPrefix", "prefixes: [/a]");
  harness.add("addPrefix", "prefix: /b");
  harness.add("headers", "customResponseHeaders: {X-A: a}");
  auto answer = harness.run({.path = "/a/x"});
  CHECK(harness.last().path == "/b/x");
  CHECK(answer.header("X-A") == "a");
}
