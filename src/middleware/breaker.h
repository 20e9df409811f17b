// A circuit breaker: what the requests of the last ten seconds came to, and whether the next one
// may go on. Closed lets all pass; a true expression opens it; open refuses for a while; recovering
// lets a growing share pass, and closes in the end. Shared by all workers behind one lock, which is
// held for a few additions. Told the time. Any thread.
#pragma once

#include <atomic>
#include <mutex>

#include "io/timer_wheel.h"
#include "middleware/breaker_metrics.h"
#include "middleware/expression.h"

namespace fairlead::middleware {

struct BreakerSettings {
  Expression expression;
  io::Duration check_period{100};
  io::Duration fallback{10'000};
  io::Duration recovery{10'000};
};

class Breaker {
 public:
  enum class State : uint8_t { closed, open, recovering };

  // May the next request go on? Each one that may is noted when it is over.
  bool admits(const BreakerSettings& settings, io::TimePoint now);
  void note(const BreakerSettings& settings, unsigned status, io::Duration latency,
            io::TimePoint now);
  State state() const { return state_.load(std::memory_order_relaxed); }

 private:
  bool admits_share(const BreakerSettings& settings, io::TimePoint now);

  std::atomic<State> state_{State::closed};
  std::mutex mutex_;
  BreakerMetrics metrics_;
  io::TimePoint until_{};       // open or recovering
  io::TimePoint next_check_{};  // not before
  double credit_ = 0;           // while recovering: requests that may pass
};

}  // namespace fairlead::middleware
