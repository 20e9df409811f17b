// Thread-local free lists of memory blocks by size class. Coroutine frames, arena blocks and
// buffers come from here, so that a warm worker makes no call to the global heap. Invariant: a
// block is given back on the thread that took it (coroutines and exchanges never change threads); a
// block given back elsewhere only moves to that thread's list.
#pragma once

#include <cstddef>

namespace fairlead {

class BlockPool {
 public:
  // Classes are multiples of 32 bytes up to 1 KiB, then powers of two up to 128 KiB; larger goes to
  // the heap.
  static void* take(size_t bytes);
  static void give(void* block, size_t bytes) noexcept;

  // Frees this thread's lists; for thread exit and leak checks.
  static void release_thread();
};

}  // namespace fairlead
