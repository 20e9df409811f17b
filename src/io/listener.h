// A listening socket on this thread's loop. With SO_REUSEPORT every worker has one of its own for
// the same address and the kernel spreads the connections. Owns the descriptor.
#pragma once

#include <memory>
#include <string>

#include "io/fd_watch.h"
#include "io/stream.h"

namespace fairlead::io {

struct ListenOptions {
  int backlog = 4096;
  bool is_v6_only = false;
  unsigned unix_mode = 0660;
};

// A bound, listening, non-blocking descriptor, or errno in Error::os. A Unix socket's file that
// nobody listens on any more is replaced.
Result<int> open_listener(const Address& address, const ListenOptions& options = {});

class Listener {
 public:
  explicit Listener(int fd);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Waits until try_accept() may have something.
  Wait ready(Scope* scope);
  // A new connection, or would_block, or what accept(2) said (limit_reached when descriptors have
  // run out).
  Result<StreamPtr> try_accept();
  void close();
  int fd() const { return fd_; }
  const Address& local() const { return local_; }

 private:
  static void on_event(void* self, FdWatch::Events events);
  int fd_;
  FdWatch watch_;
  Waiter* waiter_ = nullptr;
  Address local_;
};

}  // namespace fairlead::io
