#include "http/codec/h2_limits.h"

#include <doctest/doctest.h>

namespace fairlead::http {
namespace {

using Verdict = GlitchMeter::Verdict;
io::TimePoint at(int64_t ms) { return io::TimePoint(io::Duration(1'000'000 + ms)); }

TEST_CASE("bucket_gives_its_burst_and_then_its_rate") {
  TokenBucket bucket(100, 10);
  for (int i = 0; i < 100; ++i) CHECK(bucket.take(1, at(0)));
  CHECK_FALSE(bucket.take(1, at(0)));
  CHECK_FALSE(bucket.take(1, at(99)));
  CHECK(bucket.take(1, at(200)));
}

TEST_CASE("bucket_refills_to_its_burst_and_no_further") {
  TokenBucket bucket(5, 10);
  CHECK(bucket.take(5, at(0)));
  CHECK(bucket.percent_spent() == 100);
  CHECK(bucket.take(5, at(60'000)));
  CHECK_FALSE(bucket.take(1, at(60'000)));
}

TEST_CASE("bucket_survives_a_clock_that_stands_still_or_turns_back") {
  TokenBucket bucket(2, 1000);
  CHECK(bucket.take(1, at(10)));
  CHECK(bucket.take(1, at(5)));
  CHECK_FALSE(bucket.take(1, at(5)));
}

TEST_CASE("glitches_say_goodbye_at_three_quarters_and_close_at_the_end") {
  H2Limits limits;
  GlitchMeter meter(limits);
  for (int i = 0; i < 749; ++i) CHECK(meter.charge(1, at(0)) == Verdict::fine);
  CHECK(meter.charge(1, at(0)) == Verdict::go_away);
  for (int i = 0; i < 250; ++i) CHECK(meter.charge(1, at(0)) == Verdict::go_away);
  CHECK(meter.charge(1, at(0)) == Verdict::close);
}

TEST_CASE("transfers_pay_for_their_window_updates") {
  H2Limits limits;
  GlitchMeter paid(limits);
  for (int i = 0; i < 20'000; ++i) {
    paid.earn(16'384);
    for (int update = 0; update < 4; ++update) REQUIRE(paid.charge_paced(at(0)) == Verdict::fine);
  }
  GlitchMeter unpaid(limits);
  int calm = 0;
  while (unpaid.charge_paced(at(0)) != Verdict::close) ++calm;
  CHECK(calm == 1100);
}

TEST_CASE("small_frames_among_large_ones_earn_and_a_dribble_of_them_does_not") {
  H2Limits limits;
  GlitchMeter honest(limits);
  for (int i = 0; i < 20'000; ++i) {
    honest.earn(i % 2 == 0 ? 16'384 : 7);
    for (int update = 0; update < 4; ++update) {
      REQUIRE(honest.charge_paced(at(0)) == Verdict::fine);
    }
  }
  GlitchMeter dribbled(limits);
  int calm = 0;
  for (; calm < 20'000; ++calm) {
    dribbled.earn(1);
    if (dribbled.charge_paced(at(0)) == Verdict::close) break;
  }
  CHECK(calm < 1300);
}

}  // namespace
}  // namespace fairlead::http
