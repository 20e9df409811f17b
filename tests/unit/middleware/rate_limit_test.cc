#include <thread>

#include <doctest/doctest.h>

#include "middleware/go_duration.h"
#include "middleware/source_table.h"
#include "middleware/token_bucket.h"
#include "tests/support/middleware_harness.h"

using namespace fairlead;
using namespace fairlead::middleware;
using namespace std::chrono_literals;
using testing::MiddlewareHarness;

TEST_CASE("a_bucket_gives_its_burst_and_then_its_rate") {
  BucketRate rate = BucketRate::of(10, 1s, 3);
  TokenBucket bucket;
  auto now = TokenBucket::Time{1h};
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(rate, now).delay == 0ns);
  // The fourth is 100 ms early, more than half an interval.
  auto refused = bucket.take(rate, now);
  CHECK_FALSE(refused.is_allowed);
  CHECK(refused.delay == 100ms);
  CHECK(bucket.take(rate, now + 60ms).delay == 40ms);
  CHECK_FALSE(bucket.take(rate, now + 100ms).is_allowed);
  CHECK_FALSE(bucket.is_full(now + 399ms));
  CHECK(bucket.is_full(now + 400ms));
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(rate, now + 1h).delay == 0ns);
  CHECK_FALSE(bucket.take(rate, now + 1h).is_allowed);
}

TEST_CASE("rates_below_one_a_second_hold_back_for_half_a_second_at_most") {
  BucketRate rate = BucketRate::of(6, 60s, 1);
  CHECK(rate.interval == 10s);
  CHECK(rate.max_delay == 500ms);
  TokenBucket bucket;
  CHECK(bucket.take(rate, 0s).is_allowed);
  CHECK_FALSE(bucket.take(rate, 9s).is_allowed);
  CHECK(bucket.take(rate, 9500ms).delay == 500ms);
}

TEST_CASE("a_huge_burst_overflows_nothing") {
  BucketRate rate = BucketRate::of(1, 24h, INT64_MAX);
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) CHECK(bucket.take(rate, 1h).delay == 0ns);
}

TEST_CASE("durations_are_written_as_go_does") {
  Arena arena;
  const std::pair<std::chrono::nanoseconds, std::string_view> rows[] = {
      {0s, "0s"},
      {1ns, "1ns"},
      {1500ns, "1.5µs"},
      {2ms, "2ms"},
      {999'990us, "999.99ms"},
      {1s, "1s"},
      {1250ms, "1.25s"},
      {60s, "1m0s"},
      {90'500ms, "1m30.5s"},
      {3661s, "1h1m1s"},
      {100h, "100h0m0s"},
  };
  for (auto [duration, text] : rows) CHECK(go_duration(duration, arena) == text);
}

TEST_CASE("sources_are_bounded_and_the_forgettable_go_first") {
  SourceTable<int> table;
  auto touch = [&](const std::string& source) {
    return table.visit(
        source, [](int& count) { return ++count; }, [](int count) { return count == 1; });
  };
  for (int i = 0; i < 200'000; ++i) touch("source " + std::to_string(i));
  CHECK(table.size() <= SourceTable<int>::kMaxSources);
  CHECK(table.size() < 1000);  // every one could be forgotten
  SourceTable<int> full;
  for (int i = 0; i < 200'000; ++i) {
    full.visit(
        "source " + std::to_string(i), [](int& count) { return ++count; },
        [](int) { return false; });
  }
  CHECK(full.size() == SourceTable<int>::kMaxSources);
  // The newest are still known.
  CHECK(full.visit(
            "source 199999", [](int& count) { return count; }, [](int) { return false; }) == 1);
}

TEST_CASE("a_bucket_shared_by_threads_loses_no_count") {
  SourceTable<TokenBucket> table;
  BucketRate rate = BucketRate::of(1, 1h, 1000);
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        auto verdict = table.visit(
            "one", [&](TokenBucket& bucket) { return bucket.take(rate, 1h); },
            [](const TokenBucket&) { return false; });
        if (verdict.is_allowed) ++allowed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(allowed == 1000);
}

TEST_CASE("requests_beyond_the_burst_get_429_and_are_told_when_to_come_back") {
  MiddlewareHarness harness("rateLimit", "{average: 1, period: 1h, burst: 2}");
  CHECK(harness.run({}).status == 200);
  CHECK(harness.run({}).status == 200);
  auto refused = harness.run({});
  CHECK(refused.status == 429);
  CHECK(refused.body == "Too Many Requests");
  int seconds = std::stoi(refused.header("Retry-After"));
  CHECK(seconds > 3500);
  CHECK(seconds <= 3600);
  CHECK(refused.header("X-Retry-In").starts_with(seconds == 3600 ? "59m59." : "59m"));
  CHECK(harness.seen.size() == 2);
  CHECK(harness.run({.peer = "192.0.2.8"}).status == 200);
  CHECK(harness.run({.router = "other"}).status == 200);
}

TEST_CASE("a_request_a_little_early_is_held_back") {
  MiddlewareHarness harness("rateLimit", "{average: 10, period: 10m, burst: 1}");
  CHECK(harness.run({}).status == 200);
  CHECK(harness.run({}).status == 429);
  // A tenth of a second each, and room for half of one: the second of two at once waits or is sent
  // away, by the clock, but is always answered.
  MiddlewareHarness quick("rateLimit", "{average: 1000000, burst: 1}");
  for (int i = 0; i < 100; ++i) {
    auto status = quick.run({}).status;
    CHECK((status == 200 || status == 429));
  }
}

TEST_CASE("an_average_of_zero_is_no_limit") {
  MiddlewareHarness harness("rateLimit", "{}");
  for (int i = 0; i < 100; ++i) CHECK(harness.run({}).status == 200);
}

TEST_CASE("the_source_is_what_the_criterion_says") {
  MiddlewareHarness field("rateLimit",
                          "{average: 1, period: 1h, sourceCriterion: {requestHeaderName: X-Key}}");
  CHECK(field.run({.headers = {{"X-Key", "a"}}}).status == 200);
  CHECK(field.run({.headers = {{"X-Key", "b"}}}).status == 200);
  CHECK(field.run({.headers = {{"x-key", "a"}}}).status == 429);
  CHECK(field.run({}).status == 200);
  CHECK(field.run({.peer = "192.0.2.9"}).status == 429);
  MiddlewareHarness host("rateLimit",
                         "{average: 1, period: 1h, sourceCriterion: {requestHost: true}}");
  CHECK(host.run({.host = "a.example"}).status == 200);
  CHECK(host.run({.host = "a.example", .peer = "192.0.2.9"}).status == 429);
  CHECK(host.run({.host = "b.example"}).status == 200);
  MiddlewareHarness depth("rateLimit",
                          "{average: 1, period: 1h, sourceCriterion: {ipStrategy: {depth: 1}}}");
  CHECK(depth.run({.headers = {{"X-Forwarded-For", "10.0.0.1, 10.0.0.2"}}}).status == 200);
  CHECK(depth.run({.headers = {{"X-Forwarded-For", "10.0.0.9, 10.0.0.2"}}}).status == 429);
  CHECK(depth.run({.headers = {{"X-Forwarded-For", "10.0.0.2, 10.0.0.1"}}}).status == 200);
}

TEST_CASE("rate_limit_names_the_option_that_is_wrong") {
  const std::pair<std::string, std::string_view> faults[] = {
      {"average: -1", "average: must not be negative"},
      {"period: -1s", "period: must not be negative"},
      {"{average: 1, redis: {endpoints: [a]}}", "redis: limits shared over Redis are not served"},
      {"{average: 1, sourceCriterion: {requestHost: true, requestHeaderName: X}}",
       "sourceCriterion: takes one of"},
      {"{average: 1, sourceCriterion: {requestHeaderName: 'a b'}}",
       "requestHeaderName: \"a b\" is not the name"},
  };
  for (const auto& [options, words] : faults) {
    CAPTURE(options);
    MiddlewareHarness harness("rateLimit", options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, words);
  }
}

TEST_CASE("as_many_requests_as_allowed_are_in_flight") {
  MiddlewareHarness harness("inFlightReq", "{amount: 2}");
  auto answers = harness.run_together({{}, {}, {}, {.host = "other"}, {.router = "other"}});
  int refused = 0;
  for (const auto& answer : answers) refused += answer.status == 429 ? 1 : 0;
  CHECK(refused == 1);
  // All are over now.
  CHECK(harness.run({}).status == 200);
  CHECK(harness.run({}).status == 200);
}

TEST_CASE("a_request_counts_until_its_last_byte") {
  MiddlewareHarness harness("inFlightReq", "{amount: 1, sourceCriterion: {ipStrategy: {}}}");
  harness.upstream.delay_ms = 1000;
  auto answers = harness.run_together({{.host = "a"}, {.host = "b"}, {.peer = "192.0.2.77"}});
  CHECK(answers[0].status == 200);
  CHECK(answers[1].status == 429);
  CHECK(answers[2].status == 200);
}

TEST_CASE("in_flight_req_needs_its_amount") {
  MiddlewareHarness harness("inFlightReq", "{}");
  CHECK_FALSE(harness.is_made());
  CHECK_FAULT(harness, "amount: needs how many");
  MiddlewareHarness none("inFlightReq", "{amount: 0}");
  CHECK(none.run({}).status == 429);
}
