// Deadlines for one loop: O(1) to arm and disarm, fired with a grain of 10 ms, never early. Pure:
// it is told the time and asked for the next moment at which something may be due; the loop owns
// the one real timer. One thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/list.h"

namespace fairlead::io {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::milliseconds>;

// Something that happens at a time. Linked while armed; disarms itself when destroyed.
class Timer : public ListHook {
 public:
  using Fire = void (*)(Timer&);
  explicit Timer(Fire fire) : fire_(fire) {}
  bool is_armed() const { return is_linked(); }
  void disarm() { unlink(); }

 private:
  friend class TimerWheel;
  TimePoint when_{};
  Fire fire_;
};

class TimerWheel {
 public:
  static constexpr Duration kGrain{10};
  static constexpr unsigned kSlots =
      4096;  // one turn is about 41 s; later deadlines go round again

  void arm(Timer& timer, TimePoint when);
  // Fires everything due at `now`. A fired timer is disarmed first and may be armed again from its
  // callback.
  void advance(TimePoint now);
  // The earliest moment at which advance() may have something to do; TimePoint::max() when nothing
  // is armed. Empty slots left by disarmed timers are noticed late, at the cost of one idle wake-up
  // each.
  TimePoint next_due();

 private:
  static uint64_t tick_of(TimePoint when);
  uint64_t find_earliest();

  List<Timer> slots_[kSlots];
  uint64_t occupied_[kSlots / 64] = {};
  uint64_t done_ = 0;  // every tick up to this one has been fired
  uint64_t earliest_ =
      UINT64_MAX;  // no occupied slot before this tick; may be stale after a disarm
  bool has_started_ = false;
};

}  // namespace fairlead::io
