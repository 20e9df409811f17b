#include "upstream/service_tally.h"

#include <algorithm>
#include <bit>

namespace fairlead::upstream {
namespace {

// Several times what is slow for this service is not usual any more.
constexpr int kMultiple = 3;

}  // namespace

void HeadTimes::note(io::Duration time) {
  auto ms = static_cast<uint64_t>(std::max<int64_t>(time.count(), 0));
  ++counts_[std::min<size_t>(std::bit_width(ms), kClasses - 1)];
  ++total_;
  if (--until_look_ != 0) return;
  // At first after every answer, later rarely.
  until_look_ = std::clamp<uint32_t>(total_ / 16, 1, 64);
  usual_ = exceeded_by(50);
  slow_ = exceeded_by(1);
  if (total_ < kMost) return;
  total_ = 0;
  for (uint32_t& count : counts_) total_ += count /= 2;
}

// The upper end of the class above which at most so many of a hundred are.
io::Duration HeadTimes::exceeded_by(unsigned percent) const {
  uint64_t above = 0;
  size_t at = kClasses;
  while (at > 0 && above * 100 <= uint64_t{total_} * percent) above += counts_[--at];
  return io::Duration(int64_t{1} << at);
}

bool ExtraBudget::take(io::TimePoint now) {
  if (refilled_ != io::TimePoint{}) {
    int64_t earned = (now - refilled_).count() * kSecond / 1000;
    saved_ = std::min(saved_ + earned, std::max(saved_, kMost));
  }
  refilled_ = now;
  if (saved_ < 1000) return false;
  saved_ -= 1000;
  return true;
}

void ServiceTally::note_connect(io::Duration time) {
  // Rises at once, falls by an eighth each time.
  slowest_connect = std::max(time, slowest_connect - slowest_connect / 8);
}

io::Duration ServiceTally::patience() const {
  return std::max(kLeastPatience, heads.usual() * kMultiple);
}

io::Duration ServiceTally::long_patience() const {
  return std::max(kLeastLongPatience, heads.slow() * (kMultiple + 1));
}

io::Duration ServiceTally::connect_patience() const {
  return std::max(kLeastPatience, slowest_connect * (kMultiple + 1));
}

}  // namespace fairlead::upstream
