#include "io/loop.h"

namespace fairlead::io {

Loop*& Loop::current() {
  thread_local Loop* loop = nullptr;
  return loop;
}

TimePoint Loop::turn(TimePoint now) {
  now_ = now;
  wheel_.advance(now);
  while (Ready* ready = next_turn_.pop_front()) ready_.push_back(*ready);
  drain_ready();
  return next_turn_.empty() ? wheel_.next_due() : now_;
}

void Loop::drain_ready() {
  while (Ready* ready = ready_.pop_front()) ready->handle.resume();
}

}  // namespace fairlead::io
