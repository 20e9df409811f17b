// Process signals as calls on a loop. One watcher a signal; owned by the thread that runs the loop.
#pragma once

#include <functional>

#include "io/uv_loop.h"

namespace fairlead::io {

class SignalWatch {
 public:
  SignalWatch(UvLoop& loop, int signal, std::function<void()> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace fairlead::io
