#include <doctest/doctest.h>

#include "tests/support/middleware_harness.h"

using fairlead::testing::FieldList;
using fairlead::testing::MiddlewareHarness;

namespace {

struct Row {
  std::string_view options;
  std::string_view peer;
  FieldList headers;
  unsigned status;
};

void check(std::string_view type, const Row& row) {
  CAPTURE(type);
  CAPTURE(row.options);
  CAPTURE(row.peer);
  MiddlewareHarness harness(type, row.options);
  REQUIRE_MESSAGE(harness.is_made(), harness.faults());
  CHECK(harness.run({.headers = row.headers, .peer = std::string(row.peer)}).status == row.status);
}

FieldList xff(std::string value) { return {{"X-Forwarded-For", std::move(value)}}; }

}  // namespace

TEST_CASE("only_listed_addresses_pass") {
  const Row rows[] = {
      {"sourceRange: [10.0.0.0/8, '2001:db8::/32']", "10.1.2.3", {}, 200},
      {"sourceRange: [10.0.0.0/8, '2001:db8::/32']", "11.1.2.3", {}, 403},
      {"sourceRange: [10.0.0.0/8, '2001:db8::/32']", "2001:db8::7", {}, 200},
      {"sourceRange: [10.0.0.0/8, '2001:db8::/32']", "::ffff:10.0.0.1", {}, 200},
      {"sourceRange: [10.0.0.0/8]", "11.1.2.3", xff("10.0.0.1"), 403},
      {"{sourceRange: [10.0.0.0/8], rejectStatusCode: 404}", "11.1.2.3", {}, 404},
      {"sourceRange: [10.0.0.0/8]", "", {}, 403},
  };
  for (const Row& row : rows) check("ipAllowList", row);
}

TEST_CASE("the_strategy_says_whose_address_counts") {
  const Row rows[] = {
      {"{sourceRange: [10.0.0.1], ipStrategy: {depth: 1}}", "9.9.9.9", xff("1.1.1.1, 10.0.0.1"),
       200},
      {"{sourceRange: [10.0.0.1], ipStrategy: {depth: 2}}", "9.9.9.9", xff("1.1.1.1, 10.0.0.1"),
       403},
      {"{sourceRange: [1.1.1.1], ipStrategy: {depth: 2}}", "9.9.9.9", xff("1.1.1.1,10.0.0.1"), 200},
      {"{sourceRange: [0.0.0.0/0], ipStrategy: {depth: 3}}", "9.9.9.9", xff("1.1.1.1, 10.0.0.1"),
       403},
      {"{sourceRange: [0.0.0.0/0], ipStrategy: {depth: 1}}", "9.9.9.9", {}, 403},
      {"{sourceRange: [0.0.0.0/0], ipStrategy: {depth: 1}}", "9.9.9.9", xff("unknown"), 403},
      {"{sourceRange: [1.1.1.1], ipStrategy: {excludedIPs: [10.0.0.0/8]}}", "9.9.9.9",
       xff("2.2.2.2, 1.1.1.1, 10.0.0.1,10.0.0.2"), 200},
      {"{sourceRange: [1.1.1.1], ipStrategy: {excludedIPs: [10.0.0.0/8]}}", "9.9.9.9",
       xff("1.1.1.1, 2.2.2.2"), 403},
      {"{sourceRange: [0.0.0.0/0], ipStrategy: {excludedIPs: [10.0.0.0/8]}}", "9.9.9.9",
       xff("10.0.0.1"), 403},
      {"{sourceRange: [1.1.1.1], ipStrategy: {excludedIPs: [10.0.0.0/8]}}", "9.9.9.9",
       xff("1.1.1.1, , 10.0.0.1"), 200},
      {"{sourceRange: ['2001:db8::'], ipStrategy: {ipv6Subnet: 64}}", "2001:db8::1:2:3", {}, 200},
      {"{sourceRange: ['2001:db8::'], ipStrategy: {ipv6Subnet: 64}}", "2001:db8:0:1::", {}, 403},
      {"{sourceRange: [10.0.0.1], ipStrategy: {ipv6Subnet: 64}}", "10.0.0.1", {}, 200},
      {"{sourceRange: ['2001:db8::'], ipStrategy: {depth: 1, ipv6Subnet: 32}}", "9.9.9.9",
       xff("2001:db8:ffff::1"), 200},
      // Several fields are one list: the last one is nearest to us.
      {"{sourceRange: [10.0.0.1], ipStrategy: {depth: 1}}",
       "9.9.9.9",
       {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "10.0.0.1"}},
       200},
      {"{sourceRange: [1.1.1.1], ipStrategy: {depth: 2}}",
       "9.9.9.9",
       {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "10.0.0.1"}},
       200},
  };
  for (const Row& row : rows) check("ipAllowList", row);
}

TEST_CASE("listed_addresses_do_not_pass_a_deny_list") {
  const Row rows[] = {
      {"sourceRange: [10.0.0.0/8]", "10.1.2.3", {}, 403},
      {"sourceRange: [10.0.0.0/8]", "11.1.2.3", {}, 200},
      {"{sourceRange: [10.0.0.0/8], rejectStatusCode: 429}", "10.1.2.3", {}, 429},
      {"{sourceRange: [1.1.1.1], ipStrategy: {depth: 1}}", "9.9.9.9", xff("1.1.1.1"), 403},
      {"{sourceRange: [1.1.1.1], ipStrategy: {depth: 1}}", "9.9.9.9", {}, 200},
  };
  for (const Row& row : rows) check("ipDenyList", row);
}

TEST_CASE("the_old_name_still_works_and_warns") {
  check("ipWhiteList", {"sourceRange: [10.0.0.0/8]", "11.1.2.3", {}, 403});
  MiddlewareHarness harness("ipWhiteList", "{sourceRange: [10.0.0.0/8], rejectStatusCode: 404}");
  CHECK_FAULT(harness, "warning: ipWhiteList is deprecated; rename it to ipAllowList");
  CHECK_FAULT(harness, "warning: rejectStatusCode");
}

TEST_CASE("a_list_with_a_fault_is_not_made") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{}", "error: sourceRange: needs at least one"},
      {"sourceRange: [10.0.0.0/8, 10.0.0.0/99]", "error: sourceRange: \"10.0.0.0/99\" is neither"},
      {"{sourceRange: [10.0.0.1], rejectStatusCode: 99}", "error: rejectStatusCode: must be"},
      {"{sourceRange: [10.0.0.1], ipStrategy: {depth: -1}}",
       "error: ipStrategy.depth: must not be negative"},
      {"{sourceRange: [10.0.0.1], ipStrategy: {ipv6Subnet: 129}}",
       "error: ipStrategy.ipv6Subnet: must be"},
      {"{sourceRange: [10.0.0.1], ipStrategy: {excludedIPs: [x]}}",
       "error: ipStrategy.excludedIPs: \"x\""},
  };
  for (auto [options, words] : rows) {
    CAPTURE(options);
    MiddlewareHarness harness("ipAllowList", options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}

TEST_CASE("options_that_exclude_each_other_are_warned_about") {
  MiddlewareHarness both("ipAllowList",
                         "{sourceRange: [::1], ipStrategy: {depth: 1, excludedIPs: [10.0.0.1]}}");
  CHECK_FAULT(both, "warning: ipStrategy.excludedIPs: is ignored because depth is set");
  MiddlewareHarness subnet(
      "ipAllowList", "{sourceRange: [::1], ipStrategy: {ipv6Subnet: 64, excludedIPs: [10.0.0.1]}}");
  CHECK_FAULT(subnet, "warning: ipStrategy.ipv6Subnet: is ignored");
}
