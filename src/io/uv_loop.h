// A Loop driven by libuv: events are taken in the poll phase, then everything that became ready
// runs. One per thread; lives from before the first handle on it until run() has returned and every
// handle is closed.
#pragma once

#include <atomic>

#include "io/loop.h"

struct uv_loop_s;

namespace fairlead::io {

class UvLoop final : public Loop {
 public:
  UvLoop();
  ~UvLoop() override;  // closes what is left and runs the close callbacks

  // Makes this the thread's current loop and runs until stop().
  void run();
  // From any thread.
  void stop();
  // One round of waiting and handling; for tests and start-up code.
  bool step() override;

  uv_loop_s* raw() { return raw_; }

 private:
  struct Handles;
  void before_poll();
  void after_poll();

  uv_loop_s* raw_;
  Handles* handles_;
  std::atomic<bool> is_stopping_{false};
};

}  // namespace fairlead::io
