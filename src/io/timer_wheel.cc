#include "io/timer_wheel.h"

#include <bit>

namespace fairlead::io {

uint64_t TimerWheel::tick_of(TimePoint when) {
  return static_cast<uint64_t>(when.time_since_epoch() / kGrain);
}

void TimerWheel::arm(Timer& timer, TimePoint when) {
  timer.disarm();
  timer.when_ = when;
  // Round up: a deadline never fires early. One past the last fired tick at the least, or it would
  // wait a whole turn.
  uint64_t tick = tick_of(when) + 1;
  if (has_started_ && tick <= done_) tick = done_ + 1;
  unsigned slot = tick % kSlots;
  slots_[slot].push_back(timer);
  occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
  // A later turn: its slot comes up once a turn, so the earliest look at it is within this turn.
  uint64_t look_at = has_started_ ? done_ + 1 + (tick - done_ - 1) % kSlots : tick;
  if (look_at < earliest_) earliest_ = look_at;
}

void TimerWheel::advance(TimePoint now) {
  uint64_t current = tick_of(now);
  if (!has_started_) {
    has_started_ = true;
    done_ = current > kSlots ? current - kSlots : 0;
  }
  if (current - done_ > kSlots) done_ = current - kSlots;
  while (done_ < current) {
    unsigned slot = ++done_ % kSlots;
    uint64_t bit = uint64_t{1} << (slot % 64);
    if ((occupied_[slot / 64] & bit) == 0) continue;
    occupied_[slot / 64] &= ~bit;
    List<Timer> due;
    List<Timer>& list = slots_[slot];
    while (Timer* timer = list.pop_front()) due.push_back(*timer);
    while (Timer* timer = due.pop_front()) {
      if (timer->when_ <= now) {
        timer->fire_(*timer);
      } else {  // a later turn
        slots_[slot].push_back(*timer);
        occupied_[slot / 64] |= bit;
      }
    }
  }
}

TimePoint TimerWheel::next_due() {
  if (earliest_ == UINT64_MAX) return TimePoint::max();
  if (earliest_ <= done_) earliest_ = find_earliest();
  if (earliest_ == UINT64_MAX) return TimePoint::max();
  return TimePoint(kGrain * static_cast<int64_t>(earliest_));
}

uint64_t TimerWheel::find_earliest() {
  for (unsigned step = 1; step <= kSlots;) {
    unsigned slot = (done_ + step) % kSlots;
    uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      step += 64 - slot % 64;
      continue;
    }
    unsigned skip = static_cast<unsigned>(std::countr_zero(word));
    step += skip;
    slot += skip;
    if (step > kSlots) break;
    if (!slots_[slot].empty()) return done_ + step;
    occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
    ++step;
  }
  return UINT64_MAX;
}

}  // namespace fairlead::io
