// What every thread of the data plane has of its own: a loop, an index, and slots of state that
// middlewares and balancers keep per worker. A slot is named by identity on the control thread when
// a snapshot is compiled, so its state survives every reload that does not change the identity.
// Used only by its own thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/loop.h"
#include "io/resolver.h"
#include "io/scope.h"

namespace fairlead::io {

// Names one piece of per-worker state. `generation` tells apart two uses of the same index over
// time.
struct SlotId {
  uint32_t index = 0;
  uint32_t generation = 0;
  bool operator==(const SlotId&) const = default;
};

class WorkerContext {
 public:
  WorkerContext(Loop& loop, unsigned index) : loop_(loop), index_(index) {}
  // After everything else of the thread has ended; runs what is left in the background to its end.
  ~WorkerContext() {
    slots_.clear();
    background_.cancel({Code::closed, Side::self, Stage::none});
    loop_.drain_ready();
  }
  WorkerContext(const WorkerContext&) = delete;
  WorkerContext& operator=(const WorkerContext&) = delete;

  Loop& loop() { return loop_; }
  unsigned index() const { return index_; }
  Resolver& resolver() { return resolver_; }
  // For tasks that belong to a slot and no request: a connection that many requests share. They end
  // when their slot goes, without waiting for anything outside the loop's ready queue.
  Scope& background() { return background_; }
  // For work that outlives the exchange it began with. The owner cancels and joins it at the end.
  Scope& detached() { return detached_; }

  // This worker's T for the slot, made on first use. Every use of a SlotId names the same T.
  template <class T>
  T& local(SlotId id) {
    if (id.index >= slots_.size()) [[unlikely]]
      slots_.resize(id.index + 1);
    Slot& slot = slots_[id.index];
    if (!slot.object || slot.generation != id.generation) [[unlikely]] {
      slot.object = std::make_unique<Holder<T>>();
      slot.generation = id.generation;
    }
    return static_cast<Holder<T>*>(slot.object.get())->value;
  }

 private:
  struct Base {
    virtual ~Base() = default;
  };
  template <class T>
  struct Holder final : Base {
    T value{};
  };
  struct Slot {
    std::unique_ptr<Base> object;
    uint32_t generation = 0;
  };

  Loop& loop_;
  unsigned index_;
  Resolver resolver_;
  Scope background_;
  Scope detached_;
  std::vector<Slot> slots_;
};

}  // namespace fairlead::io
