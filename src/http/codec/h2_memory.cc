#include "http/codec/h2_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/block_pool.h"

namespace fairlead::http {
namespace {

// The pool wants sizes back; nghttp2 does not know them.
struct alignas(std::max_align_t) Prefix {
  size_t bytes;  // with this
};

void* take(size_t bytes, void*) {
  auto* prefix = static_cast<Prefix*>(BlockPool::take(bytes + sizeof(Prefix)));
  prefix->bytes = bytes + sizeof(Prefix);
  return prefix + 1;
}

void give(void* memory, void*) {
  if (memory == nullptr) return;
  Prefix* prefix = static_cast<Prefix*>(memory) - 1;
  BlockPool::give(prefix, prefix->bytes);
}

void* take_zeroed(size_t count, size_t each, void*) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, each, &bytes)) return nullptr;
  return std::memset(take(bytes, nullptr), 0, bytes);
}

void* take_again(void* memory, size_t bytes, void*) {
  if (memory == nullptr) return take(bytes, nullptr);
  size_t had = (static_cast<Prefix*>(memory) - 1)->bytes - sizeof(Prefix);
  void* fresh = take(bytes, nullptr);
  std::memcpy(fresh, memory, std::min(had, bytes));
  give(memory, nullptr);
  return fresh;
}

}  // namespace

nghttp2_mem* pooled_memory() {
  static nghttp2_mem memory{nullptr, take, give, take_zeroed, take_again};
  return &memory;
}

}  // namespace fairlead::http
