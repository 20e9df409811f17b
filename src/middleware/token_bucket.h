// A token bucket as one number, the theoretical arrival time of the next request (GCRA): full when
// it lies in the past. Pure; whoever owns the state locks it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace fairlead::middleware {

struct BucketRate {
  std::chrono::nanoseconds interval{0};  // one request's worth; zero: no limit
  int64_t burst = 1;
  std::chrono::nanoseconds max_delay{0};  // how long a request may be held back

  // So many requests in a period on average. The delay is half an interval, at most half a second.
  static BucketRate of(int64_t average, std::chrono::nanoseconds period, int64_t burst) {
    BucketRate rate;
    rate.burst = std::max<int64_t>(burst, 1);
    if (average <= 0) return rate;
    rate.interval = std::max(period / average, std::chrono::nanoseconds{1});
    rate.max_delay = std::min(rate.interval / 2, std::chrono::nanoseconds{500'000'000});
    return rate;
  }
};

struct TokenBucket {
  using Time = std::chrono::nanoseconds;  // since some fixed moment

  struct Verdict {
    bool is_allowed = true;
    Time delay{0};  // before an allowed request goes on; until a refused one is worth a new try
  };

  Verdict take(const BucketRate& rate, Time now) {
    Time arrival = std::max(next, now);
    // Capped: a huge burst of long intervals is as good as no limit.
    Time ahead = rate.burst - 1 < Time::max() / 4 / rate.interval ? rate.interval * (rate.burst - 1)
                                                                  : Time::max() / 4;
    Time delay = std::max(arrival - now - ahead, Time{0});
    if (delay > rate.max_delay) return {false, delay};
    next = arrival + rate.interval;
    return {true, delay};
  }
  bool is_full(Time now) const { return next <= now; }

  Time next{0};
};

}  // namespace fairlead::middleware
