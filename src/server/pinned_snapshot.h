// The snapshot that one worker serves from, and pins on those that its exchanges still use. Pins
// are counted without atomics, because pinning and replacing happen on the worker's thread; a
// snapshot that nobody pins any more is handed back, so that the control thread, never a worker,
// destroys it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "routing/snapshot.h"

namespace fairlead::server {

using SnapshotPtr = std::shared_ptr<const routing::RoutingSnapshot>;

class CurrentSnapshot {
  struct Held {
    SnapshotPtr snapshot;
    uint32_t pins = 0;
    bool is_current = true;
  };

 public:
  // A snapshot that stays while this lives.
  class Pin {
   public:
    explicit Pin(CurrentSnapshot& owner) : owner_(owner), held_(owner.current_) { ++held_->pins; }
    ~Pin() {
      if (--held_->pins == 0 && !held_->is_current) owner_.retire(held_);
    }
    Pin(const Pin& other) : owner_(other.owner_), held_(other.held_) { ++held_->pins; }
    Pin& operator=(const Pin&) = delete;
    const routing::RoutingSnapshot& operator*() const { return *held_->snapshot; }
    const routing::RoutingSnapshot* operator->() const { return held_->snapshot.get(); }

   private:
    CurrentSnapshot& owner_;
    Held* held_;
  };

  // `give_back` gets snapshots that this worker has done with; it passes them to the control
  // thread.
  CurrentSnapshot(SnapshotPtr first, std::function<void(SnapshotPtr)> give_back)
      : current_(new Held{std::move(first)}), give_back_(std::move(give_back)) {}
  ~CurrentSnapshot() { delete current_; }

  // Good until the caller next waits.
  const routing::RoutingSnapshot& now() const { return *current_->snapshot; }

  void replace(SnapshotPtr next) {
    Held* before = std::exchange(current_, new Held{std::move(next)});
    before->is_current = false;
    if (before->pins == 0) retire(before);
  }

 private:
  void retire(Held* held) {
    give_back_(std::move(held->snapshot));
    delete held;
  }

  Held* current_;
  std::function<void(SnapshotPtr)> give_back_;
};

}  // namespace fairlead::server
