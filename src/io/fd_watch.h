// Watches one descriptor on the loop of this thread (epoll through libuv). The callback must not
// resume anything itself: it wakes waiters, which run from the ready queue. The watch does not own
// the descriptor; destroy the watch first.
#pragma once

#include "io/uv_loop.h"

namespace fairlead::io {

class FdWatch {
 public:
  struct Events {
    bool is_readable = false;
    bool is_writable = false;
    bool is_error = false;  // the watch has stopped; read or write to learn the reason
  };
  using Callback = void (*)(void* context, Events events);

  // On the current loop, which must be a UvLoop.
  FdWatch(int fd, Callback callback, void* context);
  ~FdWatch() { close(); }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // Level-triggered interest. Cheap when nothing changes.
  void want(bool read, bool write);
  bool wants_read() const { return wants_read_; }
  bool wants_write() const { return wants_write_; }
  void close();

 private:
  struct Handle;
  Handle* handle_;
  bool wants_read_ = false;
  bool wants_write_ = false;
};

}  // namespace fairlead::io
