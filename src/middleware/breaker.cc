#include "middleware/breaker.h"

namespace fairlead::middleware {

bool Breaker::admits(const BreakerSettings& settings, io::TimePoint now) {
  if (state() == State::closed) return true;
  std::lock_guard lock(mutex_);
  if (state() == State::closed) return true;
  if (state() == State::open) {
    if (now < until_) return false;
    state_ = State::recovering;
    until_ = now + settings.recovery;
    credit_ = 1;  // the first one is the probe
  }
  if (now < until_) return admits_share(settings, now);
  state_ = State::closed;
  return true;
}

// From none at the beginning of the recovery to all at its end.
bool Breaker::admits_share(const BreakerSettings& settings, io::TimePoint now) {
  double left = static_cast<double>((until_ - now).count());
  credit_ += 1 - left / static_cast<double>(settings.recovery.count());
  if (credit_ < 1) return false;
  credit_ -= 1;
  return true;
}

void Breaker::note(const BreakerSettings& settings, unsigned status, io::Duration latency,
                   io::TimePoint now) {
  std::lock_guard lock(mutex_);
  // What began before the breaker opened says nothing about the time after.
  if (state() == State::open) return;
  metrics_.note(status, latency, now);
  if (now < next_check_) return;
  next_check_ = now + settings.check_period;
  if (!settings.expression.holds(metrics_)) return;
  state_ = State::open;
  until_ = now + settings.fallback;
  metrics_.reset();
}

}  // namespace fairlead::middleware
