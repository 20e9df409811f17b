#include <doctest/doctest.h>

#include "middleware/breaker.h"
#include "tests/support/middleware_harness.h"
#include "tests/support/virtual_loop.h"

using namespace fairlead;
using namespace fairlead::middleware;
using testing::MiddlewareHarness;
using testing::TestUpstream;

namespace {

BreakerSettings settings(std::string_view expression) {
  BreakerSettings made;
  auto parsed = Expression::parse(expression, kBreakerFunctions);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  made.expression = std::move(*parsed);
  return made;
}

io::TimePoint at(int64_t ms) { return io::TimePoint(io::Duration{1'000'000 + ms}); }
using Ms = io::Duration;

}  // namespace

TEST_CASE("metrics_forget_after_ten_seconds") {
  BreakerMetrics metrics;
  for (int i = 0; i < 10; ++i) metrics.note(i < 4 ? 502 : 200, Ms{10 * (i + 1)}, at(i * 1000));
  CHECK(metrics.requests() == 10);
  CHECK(metrics.network_error_ratio() == doctest::Approx(0.4));
  CHECK(metrics.response_code_ratio(500, 600, 0, 600) == doctest::Approx(0.4));
  CHECK(metrics.response_code_ratio(500, 600, 200, 300) == doctest::Approx(4.0 / 6));
  CHECK(metrics.response_code_ratio(500, 600, 300, 400) == 0);
  metrics.note(200, Ms{1}, at(12'000));
  CHECK(metrics.requests() == 8);
  CHECK(metrics.network_error_ratio() == doctest::Approx(1.0 / 8));
  metrics.note(200, Ms{1}, at(60'000));
  CHECK(metrics.requests() == 1);
  metrics.reset();
  CHECK(metrics.requests() == 0);
  CHECK(metrics.network_error_ratio() == 0);
  CHECK(metrics.latency_at_quantile_ms(50) == 0);
}

TEST_CASE("latency_quantiles_are_within_four_percent") {
  BreakerMetrics metrics;
  for (int i = 1; i <= 1000; ++i) metrics.note(200, Ms{i * 7}, at(0));
  for (double quantile : {1.0, 10.0, 50.0, 90.0, 99.0, 100.0}) {
    CAPTURE(quantile);
    CHECK(metrics.latency_at_quantile_ms(quantile) == doctest::Approx(70 * quantile).epsilon(0.04));
  }
  metrics.note(200, Ms{int64_t{1} << 40}, at(0));  // beyond the last place
  CHECK(metrics.latency_at_quantile_ms(100) > 3'600'000);
}

TEST_CASE("a_breaker_opens_recovers_and_closes") {
  BreakerSettings rules = settings("NetworkErrorRatio() > 0.5");
  Breaker breaker;
  CHECK(breaker.admits(rules, at(0)));
  breaker.note(rules, 200, Ms{1}, at(0));
  breaker.note(rules, 502, Ms{1}, at(10));
  breaker.note(rules, 502, Ms{1}, at(20));
  CHECK(breaker.state() == Breaker::State::closed);  // the check period is not over
  breaker.note(rules, 502, Ms{1}, at(100));
  CHECK(breaker.state() == Breaker::State::open);
  CHECK_FALSE(breaker.admits(rules, at(101)));
  CHECK_FALSE(breaker.admits(rules, at(10'099)));
  CHECK(breaker.admits(rules, at(10'100)));
  CHECK(breaker.state() == Breaker::State::recovering);
  // A request every 10 ms: half of all in the end, growing.
  int early = 0, late = 0;
  for (int i = 1; i < 1000; ++i) {
    bool is_admitted = breaker.admits(rules, at(10'100 + i * 10));
    if (is_admitted) breaker.note(rules, 200, Ms{1}, at(10'100 + i * 10));
    (i < 500 ? early : late) += is_admitted ? 1 : 0;
  }
  CHECK(early == doctest::Approx(125).epsilon(0.05));
  CHECK(late == doctest::Approx(375).epsilon(0.05));
  CHECK(breaker.admits(rules, at(20'100)));
  CHECK(breaker.state() == Breaker::State::closed);
}

TEST_CASE("a_failing_probe_opens_the_breaker_again") {
  BreakerSettings rules = settings("NetworkErrorRatio() > 0.5");
  Breaker breaker;
  breaker.note(rules, 502, Ms{1}, at(0));
  CHECK(breaker.state() == Breaker::State::open);
  breaker.note(rules, 200, Ms{1}, at(50));  // began before it opened
  CHECK(breaker.admits(rules, at(10'000)));
  breaker.note(rules, 504, Ms{1}, at(10'001));
  CHECK(breaker.state() == Breaker::State::open);
  CHECK_FALSE(breaker.admits(rules, at(20'000)));
}

TEST_CASE("an_open_breaker_answers_by_itself") {
  MiddlewareHarness harness("circuitBreaker",
                            "{expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.9',"
                            " responseCode: 418}");
  harness.upstream.status = 500;
  CHECK(harness.run({.router = "a"}).status == 500);
  auto refused = harness.run({.router = "a"});
  CHECK(refused.status == 418);
  CHECK(harness.seen.size() == 1);
  // Each router has its own.
  CHECK(harness.run({.router = "b"}).status == 500);
  CHECK(harness.seen.size() == 2);
}

TEST_CASE("errors_count_as_what_the_client_gets_and_leaving_clients_do_not") {
  MiddlewareHarness harness("circuitBreaker", "expression: 'NetworkErrorRatio() > 0'");
  harness.script = {{.error = Error{Code::reset, Side::client, Stage::body}},
                    {.status = 200},
                    {.error = Error{Code::refused, Side::upstream, Stage::connect}}};
  CHECK(harness.run({}).error == Code::reset);
  CHECK(harness.run({}).status == 200);
  testing::VirtualLoop loop;
  loop.advance(Ms{1});
  MiddlewareHarness other("circuitBreaker", "expression: 'NetworkErrorRatio() > 0'");
  other.script = {{.error = Error{Code::refused, Side::upstream, Stage::connect}}};
  CHECK(other.run({}).error == Code::refused);
  CHECK(other.run({}).status == 503);
}

TEST_CASE("slow_answers_open_a_breaker") {
  MiddlewareHarness harness("circuitBreaker", "expression: 'LatencyAtQuantileMS(50.0) > 100'");
  harness.script = {{.delay_ms = 50}, {.delay_ms = 500}, {.delay_ms = 500}};
  CHECK(harness.run({}).status == 200);
  CHECK(harness.run({}).status == 200);
  CHECK(harness.run({}).status == 200);
  CHECK(harness.run({}).status == 503);
}

TEST_CASE("circuit_breaker_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"{}", "expression: is required"},
      {"expression: 'NetworkErrorRate() > 1'", "unknown function \"NetworkErrorRate\""},
      {"expression: 'NetworkErrorRatio() > 1 &'", "expected && or || here (at byte 24)"},
      {"expression: 'LatencyAtQuantileMS(101) > 1'", "a quantile from 0 to 100"},
      {"{expression: 'NetworkErrorRatio() > 1', checkPeriod: 0}", "checkPeriod: must be longer"},
      {"{expression: 'NetworkErrorRatio() > 1', responseCode: 99}", "responseCode: must be a"},
  };
  for (const auto& [options, words] : faults) {
    CAPTURE(options);
    MiddlewareHarness harness("circuitBreaker", options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}
