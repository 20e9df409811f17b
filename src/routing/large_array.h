// A vector for the tables of an index: from 2 MiB on it asks the kernel for huge pages. At 100,000
// hosts nearly every lookup goes to another page, and walking the page tables adds to the cache
// misses (measured on a virtual machine: a tenth to a half of a random lookup's time). Below that
// size it is an ordinary vector on cache lines.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include <sys/mman.h>

namespace fairlead::routing {

template <class T>
struct HugePageAllocator {
  using value_type = T;
  static constexpr size_t kHugePageBytes = size_t{2} << 20;

  HugePageAllocator() = default;
  template <class Other>
  HugePageAllocator(const HugePageAllocator<Other>&) {}

  T* allocate(size_t count) {
    size_t bytes = count * sizeof(T);
    void* memory = ::operator new(bytes, alignment(bytes));
    // Why unchecked: it is a wish; without huge pages everything works, slower.
    if (bytes >= kHugePageBytes) madvise(memory, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t count) {
    ::operator delete(memory, count * sizeof(T), alignment(count * sizeof(T)));
  }
  bool operator==(const HugePageAllocator&) const = default;

 private:
  static std::align_val_t alignment(size_t bytes) {
    constexpr size_t kCacheLine = 64;
    return std::align_val_t{bytes >= kHugePageBytes ? kHugePageBytes : kCacheLine};
  }
};

template <class T>
using LargeArray = std::vector<T, HugePageAllocator<T>>;

}  // namespace fairlead::routing
