#include "middleware/verified.h"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::middleware;

namespace {
io::TimePoint at(int seconds) { return io::TimePoint(std::chrono::seconds(seconds)); }
}  // namespace

TEST_CASE("what_was_verified_counts_until_its_time_is_up") {
  VerifiedCache cache;
  tls::Sha256 key = fingerprint("alice");
  CHECK_FALSE(cache.contains(key, at(0)));
  cache.add(key, at(60));
  CHECK(cache.contains(key, at(59)));
  CHECK_FALSE(cache.contains(key, at(60)));
  CHECK_FALSE(cache.contains(fingerprint("bob"), at(0)));
  cache.add(key, at(90));
  CHECK(cache.contains(key, at(89)));
}

TEST_CASE("newcomers_push_out_what_expires_first") {
  VerifiedCache cache;
  auto key = [](uint8_t number) {
    tls::Sha256 bytes{};
    bytes[1] = number;  // all in one set
    return bytes;
  };
  for (uint8_t i = 0; i < VerifiedCache::kWays; ++i) cache.add(key(i), at(100 - i));
  cache.add(key(9), at(200));
  CHECK(cache.contains(key(9), at(0)));
  CHECK_FALSE(cache.contains(key(VerifiedCache::kWays - 1), at(0)));
  for (uint8_t i = 0; i + 1U < VerifiedCache::kWays; ++i) CHECK(cache.contains(key(i), at(0)));
}

TEST_CASE("fingerprints_are_stable_within_a_process_and_tell_inputs_apart") {
  CHECK(fingerprint("a") == fingerprint("a"));
  CHECK(fingerprint("a") != fingerprint("b"));
  CHECK(fingerprint("a") != tls::sha256("a"));
}

TEST_CASE("followers_of_a_check_learn_its_outcome") {
  VerifiedState state;
  tls::Sha256 key = fingerprint("alice");
  CheckInFlight check(key);
  state.checks.push_back(check);
  CHECK(state.find(key) == &check);
  CHECK(state.find(fingerprint("bob")) == nullptr);
  CheckFollower stays;
  {
    CheckFollower leaves;  // its request was cancelled
    check.followers.push_back(leaves);
    check.followers.push_back(stays);
  }
  check.finish(true);
  CHECK(stays.is_right);
  CHECK(stays.done.is_set());
  CHECK(state.find(key) == nullptr);
}
