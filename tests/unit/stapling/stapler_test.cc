#include "stapling/stapler.h"

#include <doctest/doctest.h>

using namespace fairlead::stapling;
using namespace std::chrono_literals;

TEST_CASE("answers_are_asked_for_again_in_the_middle_of_their_life") {
  auto now = Stapler::Clock::now();
  CHECK(next_question(now, now, now + 10h) == now + 5h);
  CHECK(next_question(now, now - 4h, now + 10h) == now + 3h);
  // Neither at once nor in a year.
  CHECK(next_question(now, now - 10h, now + 1h) == now + 15min);
  CHECK(next_question(now, now, now + 24h * 365) == now + 24h);
}
