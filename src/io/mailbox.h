// Hands functions to another thread's loop. post() from any thread; they run on the loop's thread,
// in order. Owned by the thread that runs the loop, outlives every poster.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "io/uv_loop.h"

namespace fairlead::io {

class Mailbox {
 public:
  explicit Mailbox(UvLoop& loop);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(std::function<void()> job);

 private:
  struct Handle;
  void deliver();

  Handle* handle_;
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;
};

}  // namespace fairlead::io
