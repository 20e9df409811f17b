// A Loop over libuv and an epoll of its own: descriptors of the data plane are watched without
// libuv's bookkeeping (a connection costs one system call to watch instead of four), and libuv,
// embedded through its backend descriptor, runs when it has something: messages, signals, work that
// a pool has done. Events are taken first, then everything that became ready runs. One per thread;
// lives from before the first handle on it until run() has returned and every handle is closed.
#pragma once

#include <atomic>

#include "io/loop.h"

struct uv_loop_s;

namespace fairlead::io {

class FdWatch;

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

  // For making handles. libuv tells the kernel of new ones when it runs next, which is soon then.
  uv_loop_s* raw();

 private:
  friend class FdWatch;
  struct Handles;

  int poller() const { return poller_; }
  // The watch goes away: events at hand that are its own are dropped.
  void forget(const FdWatch& watch);
  void poll();
  void run_uv();
  int patience() const;  // milliseconds until something is due; -1: for ever

  Handles* handles_;
  int poller_;
  TimePoint due_{};
  bool is_touched_ = true;
  std::atomic<bool> is_stopping_{false};
};

}  // namespace fairlead::io
