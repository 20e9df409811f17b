#include "base/block_pool.h"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace fairlead {
namespace {

constexpr size_t kSmallStep = 32;
constexpr size_t kSmallMax = 1024;
constexpr size_t kLargeMax = 128 * 1024;
constexpr size_t kSmallClasses = kSmallMax / kSmallStep;  // 32, 64 … 1024
constexpr size_t kClasses = kSmallClasses + 7;            // 2 KiB … 128 KiB
// Why: a burst must not keep its memory for ever; 4 MiB of each class is more than a busy worker
// cycles through.
constexpr size_t kKeptBytesPerClass = size_t{4} << 20;

struct Free {
  Free* next;
};

struct ThreadLists {
  Free* head[kClasses];
  uint32_t count[kClasses];
};

// Why apart: an object with a destructor would be checked for construction at every access.
constinit thread_local ThreadLists lists{};
struct ReleaseAtExit {
  ~ReleaseAtExit() { BlockPool::release_thread(); }
};
thread_local ReleaseAtExit release_at_exit;

size_t class_of(size_t bytes) {
  if (bytes <= kSmallMax) return bytes == 0 ? 0 : (bytes - 1) / kSmallStep;
  return kSmallClasses + std::bit_width((bytes - 1) / kSmallMax) - 1;
}

size_t bytes_of(size_t cls) {
  return cls < kSmallClasses ? (cls + 1) * kSmallStep : kSmallMax << (cls - kSmallClasses + 1);
}

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
// Why: recycled blocks would hide use after free from AddressSanitizer.
void* BlockPool::take(size_t bytes) { return ::operator new(bytes); }
void BlockPool::give(void* block, size_t) noexcept { ::operator delete(block); }
void BlockPool::release_thread() {}
#else
void* BlockPool::take(size_t bytes) {
  if (bytes > kLargeMax) [[unlikely]]
    return ::operator new(bytes);
  size_t cls = class_of(bytes);
  if (Free* block = lists.head[cls]) [[likely]] {
    lists.head[cls] = block->next;
    --lists.count[cls];
    return block;
  }
  (void)&release_at_exit;  // the first block of a thread arms it
  return ::operator new(bytes_of(cls));
}

void BlockPool::give(void* block, size_t bytes) noexcept {
  if (bytes > kLargeMax) [[unlikely]] {
    ::operator delete(block);
    return;
  }
  size_t cls = class_of(bytes);
  if (lists.count[cls] * bytes_of(cls) >= kKeptBytesPerClass) [[unlikely]] {
    ::operator delete(block);
    return;
  }
  auto* free_block = static_cast<Free*>(block);
  free_block->next = lists.head[cls];
  lists.head[cls] = free_block;
  ++lists.count[cls];
}

void BlockPool::release_thread() {
  for (size_t cls = 0; cls < kClasses; ++cls) {
    while (Free* block = lists.head[cls]) {
      lists.head[cls] = block->next;
      ::operator delete(block);
    }
    lists.count[cls] = 0;
  }
}
#endif

}  // namespace fairlead
