// What a thread runs: a queue of coroutines that may go on, a timer wheel, a clock. The Loop knows
// nothing of libuv; UvLoop (uv_loop.h) drives one from a real event loop, and tests drive one with
// a virtual clock. Resumption always goes through the ready queue, never inline from an event
// callback, so nothing is ever re-entered. One thread.
#pragma once

#include <coroutine>
#include <cstdint>

#include "base/list.h"
#include "io/timer_wheel.h"

namespace fairlead::io {

// One coroutine that may go on. Lives in the waiting frame; linked while queued.
struct Ready : ListHook {
  std::coroutine_handle<> handle;
};

class Loop {
 public:
  Loop() = default;
  virtual ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The loop of this thread; null outside one.
  static Loop*& current();

  TimePoint now() const { return now_; }
  void resume_soon(Ready& ready) { ready_.push_back(ready); }
  // Behind everything that is ready and behind the next look at sockets and timers.
  void resume_next_turn(Ready& ready) { next_turn_.push_back(ready); }
  void arm(Timer& timer, Duration after) { wheel_.arm(timer, now_ + after); }
  bool has_ready() const { return !ready_.empty(); }

  // Called by the driver: sets the clock, fires timers, resumes until nothing is ready. Returns
  // when to call again at the latest.
  TimePoint turn(TimePoint now);
  // Resumes until nothing is ready, without looking at the clock.
  void drain_ready();

  // Waits for the earliest event or timer and handles it once; false when there is nothing to wait
  // for. Only drivers (UvLoop, tests) implement it.
  virtual bool step() = 0;

 private:
  List<Ready> ready_;
  List<Ready> next_turn_;
  TimerWheel wheel_;
  TimePoint now_{};
};

}  // namespace fairlead::io
