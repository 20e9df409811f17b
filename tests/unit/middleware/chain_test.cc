#include "middleware/chain.h"

#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using fairlead::config::Node;
using fairlead::middleware::chain_members;
using fairlead::testing::MiddlewareHarness;

TEST_CASE("chain_members_keep_their_order") {
  fairlead::config::Diagnostics ignored;
  using Names = std::vector<std::string>;
  auto members = [&](std::string_view yaml) {
    return chain_members(fairlead::config::parse_yaml(yaml, "", ignored));
  };
  CHECK(members("middlewares: [b, a@file]") == Names{"b", "a@file"});
  CHECK(members("Middlewares: b,a") == Names{"b", "a"});
  CHECK(members("middlewares: []").empty());
  CHECK(members("{}").empty());
  CHECK(chain_members(Node()).empty());
}

TEST_CASE("a_chain_passes_requests_on") {
  MiddlewareHarness harness("chain", "middlewares: [a]");
  CHECK(harness.run({}).status == 200);
  MiddlewareHarness empty("chain", "{}");
  CHECK_FALSE(empty.is_made());
  CHECK_FAULT(empty, "error: middlewares: needs at least one name");
}
