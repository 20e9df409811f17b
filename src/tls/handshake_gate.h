// Bounds how many handshakes of one worker are under way at once; the others wait in the order they
// came. A handshake enters once its ClientHello is complete, so that clients that say nothing take
// no place. One worker.
#pragma once

#include "base/list.h"
#include "io/task.h"
#include "io/wait.h"

namespace fairlead::tls {

class HandshakeGate {
  struct Waiting : ListHook {
    io::Event admitted;
  };

 public:
  explicit HandshakeGate(size_t places) : free_(places) {}

  // A place, given back when it goes.
  class Place {
   public:
    explicit Place(HandshakeGate& gate) : gate_(gate) {}
    ~Place() {
      if (is_held_) gate_.leave();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    // Ready at once while there is room.
    io::Task<Result<void>> enter(io::Scope* scope, io::Timeout timeout) {
      if (gate_.free_ > 0) {
        --gate_.free_;
        is_held_ = true;
        return Result<void>{};
      }
      return wait(scope, timeout);
    }

   private:
    io::Task<Result<void>> wait(io::Scope* scope, io::Timeout timeout) {
      Waiting waiting;
      gate_.waiting_.push_back(waiting);
      Result<void> admitted = co_await waiting.admitted.wait(scope, timeout);
      // Admitted in the same turn that the wait ended otherwise: the place is ours all the same.
      is_held_ = waiting.admitted.is_set();
      co_return admitted;
    }

    HandshakeGate& gate_;
    bool is_held_ = false;
  };

 private:
  void leave() {
    if (Waiting* next = waiting_.pop_front()) {
      next->admitted.set();
    } else {
      ++free_;
    }
  }

  size_t free_;
  List<Waiting> waiting_;
};

}  // namespace fairlead::tls
