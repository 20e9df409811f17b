#include "base/arena.h"

#include "base/block_pool.h"

namespace fairlead {

void* Arena::take_slow(size_t bytes, size_t align) {
  size_t need = bytes + align + sizeof(Block);
  bool is_large = need > kBlockBytes / 2;
  size_t block_bytes = is_large ? need : kBlockBytes;
  auto* block = static_cast<Block*>(BlockPool::take(block_bytes));
  block->bytes = block_bytes;
  held_bytes_ += block_bytes;
  // A large block serves this one request; the current block stays the one to bump.
  block->next = blocks_;
  blocks_ = block;
  auto begin = reinterpret_cast<uintptr_t>(block + 1);
  uintptr_t at = (begin + align - 1) & ~(uintptr_t{align} - 1);
  if (!is_large) {
    next_ = at + bytes;
    end_ = reinterpret_cast<uintptr_t>(block) + block_bytes;
  }
  return reinterpret_cast<void*>(at);
}

void Arena::reset() {
  while (cleanups_ != nullptr) {
    Cleanup* cleanup = cleanups_;
    cleanups_ = cleanup->next;
    cleanup->destroy(cleanup->object);
  }
  while (blocks_ != nullptr) {
    Block* block = blocks_;
    blocks_ = block->next;
    BlockPool::give(block, block->bytes);
  }
  next_ = end_ = 0;
  held_bytes_ = 0;
}

}  // namespace fairlead
