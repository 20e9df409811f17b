#include "http/codec/h2_limits.h"

#include <algorithm>

namespace fairlead::http {

bool TokenBucket::take(uint32_t points, io::TimePoint now) {
  if (now > last_) {
    uint64_t passed = static_cast<uint64_t>((now - last_).count());
    // Why the cap: the first call may be years after the epoch of the clock.
    uint64_t refill = std::min(passed, uint64_t{3'600'000}) * per_second_;
    spent_thousandths_ -= std::min(spent_thousandths_, refill);
    last_ = now;
  }
  uint64_t wanted = uint64_t{points} * 1000;
  if (spent_thousandths_ + wanted > burst_thousandths_) {
    spent_thousandths_ = burst_thousandths_;
    return false;
  }
  spent_thousandths_ += wanted;
  return true;
}

uint32_t TokenBucket::percent_spent() const {
  if (burst_thousandths_ == 0) return 100;
  return static_cast<uint32_t>(spent_thousandths_ * 100 / burst_thousandths_);
}

GlitchMeter::Verdict GlitchMeter::charge(uint32_t points, io::TimePoint now) {
  if (!bucket_.take(points, now)) return Verdict::close;
  return bucket_.percent_spent() >= 75 ? Verdict::go_away : Verdict::fine;
}

GlitchMeter::Verdict GlitchMeter::charge_paced(io::TimePoint now) {
  if (allowance_ == 0) return charge(kOddFrameGlitch, now);
  --allowance_;
  return Verdict::fine;
}

}  // namespace fairlead::http
