#include <doctest/doctest.h>

#include "io/stream.h"

using namespace fairlead::io;

TEST_CASE("a_reader_is_judged_after_its_grace_and_by_its_average") {
  Pace pace;
  pace.add(Duration{9'990}, 0);
  CHECK_FALSE(pace.is_too_slow());
  pace.add(Duration{10}, 0);
  CHECK(pace.is_too_slow());
  pace.add(Duration{0}, 2'400);
  CHECK_FALSE(pace.is_too_slow());
}

TEST_CASE("a_fast_begin_is_no_licence_to_hold_a_connection") {
  Pace pace;
  pace.add(Duration{1'000}, 1'000'000);
  int seconds = 0;
  while (!pace.is_too_slow() && seconds < 3600) {
    pace.add(Duration{5'000}, 0);
    seconds += 5;
  }
  CHECK(seconds < 600);
}

TEST_CASE("no_rate_asks_for_nothing") {
  Pace pace{.min_rate = 0};
  pace.add(Duration{100'000}, 0);
  CHECK_FALSE(pace.is_too_slow());
}
