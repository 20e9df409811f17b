#include "upstream/service_tally.h"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::upstream;
using io::Duration;

namespace {
io::TimePoint at(int64_t ms) { return io::TimePoint(Duration(1'000'000 + ms)); }
}  // namespace

TEST_CASE("patience is a multiple of what is usual, and never too short") {
  ServiceTally tally;
  CHECK(tally.patience() == Duration(250));
  CHECK(tally.long_patience() == Duration(1000));
  for (int i = 0; i < 1000; ++i) tally.heads.note(Duration(3));
  CHECK(tally.patience() == Duration(250));
  for (int i = 0; i < 4000; ++i) tally.heads.note(Duration(200));
  CHECK(tally.patience() == Duration(3 * 256));
  CHECK(tally.long_patience() == Duration(4 * 256));
}

TEST_CASE("a service that is always slow earns a long patience at once") {
  ServiceTally tally;
  tally.heads.note(Duration(30'000));
  CHECK(tally.patience() > Duration(60'000));
}

TEST_CASE("two slow heads in a hundred move the long patience and not the short one") {
  ServiceTally tally;
  for (int i = 0; i < 2000; ++i) tally.heads.note(Duration(i % 50 == 0 ? 3000 : 5));
  CHECK(tally.patience() == Duration(250));
  CHECK(tally.long_patience() == Duration(4 * 4096));
}

TEST_CASE("extra requests are a share of the ordinary ones, with a floor for few") {
  ExtraBudget budget;
  int taken = 0;
  while (budget.take(at(0))) ++taken;
  CHECK(taken == 100);
  for (int i = 0; i < 50; ++i) budget.note_request();
  while (budget.take(at(0))) ++taken;
  CHECK(taken == 110);
  while (budget.take(at(1000))) ++taken;
  CHECK(taken == 120);
  for (int i = 0; i < 100'000; ++i) budget.note_request();
  CHECK(budget.saved() == 1000);
}

TEST_CASE("connections that take long to open are waited for longer, for a while") {
  ServiceTally tally;
  CHECK(tally.connect_patience() == Duration(250));
  tally.note_connect(Duration(300));
  CHECK(tally.connect_patience() == Duration(1200));
  for (int i = 0; i < 50; ++i) tally.note_connect(Duration(1));
  CHECK(tally.connect_patience() == Duration(250));
}
