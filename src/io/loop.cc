#include "io/loop.h"

namespace fairlead::io {

Loop*& Loop::current() {
  thread_local Loop* loop = nullptr;
  return loop;
}

TimePoint Loop::turn(TimePoint now) {
  now_ = now;
  wheel_.advance(now);
  drain_ready();
  return wheel_.next_due();
}

void Loop::drain_ready() {
  while (Ready* ready = ready_.pop_front()) ready->handle.resume();
}

}  // namespace fairlead::io
