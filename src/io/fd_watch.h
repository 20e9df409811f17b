// Watches one descriptor on the loop of this thread, with the loop's epoll. The callback must not
// resume anything itself: it wakes waiters, which run from the ready queue. The descriptor must not
// block whoever then reads or writes it (O_NONBLOCK, MSG_DONTWAIT). The watch does not own the
// descriptor; destroy the watch first.
#pragma once

#include <cstdint>

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

  // On the current loop, which must be a UvLoop. Costs no system call before the first want().
  FdWatch(int fd, Callback callback, void* context);
  ~FdWatch() { close(); }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // Level-triggered interest. Free when nothing is added to it: what is no longer wanted is taken
  // out when it happens once more.
  void want(bool read, bool write);
  bool wants_read() const { return wants_read_; }
  bool wants_write() const { return wants_write_; }
  void close();

 private:
  friend class UvLoop;
  void deliver(uint32_t events);
  void set_interest(uint32_t events);
  uint32_t wanted() const;

  UvLoop& loop_;
  Callback callback_;
  void* context_;
  int fd_;  // -1 when closed
  bool wants_read_ = false;
  bool wants_write_ = false;
  uint32_t interest_ = 0;  // what epoll was told; 0: it does not know the descriptor
};

}  // namespace fairlead::io
