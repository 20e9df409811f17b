#include "support/allocation_count.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local uint64_t allocations = 0;

void* counted(size_t bytes, size_t align) {
  ++allocations;
  size_t rounded = (bytes + align - 1) / align * align;
  void* memory = align > alignof(std::max_align_t) ? std::aligned_alloc(align, rounded)
                                                   : std::malloc(bytes ? bytes : 1);
  if (!memory) std::abort();
  return memory;
}

}  // namespace

namespace fairlead::test {
uint64_t allocation_count() { return allocations; }
}  // namespace fairlead::test

// The other forms of new and delete end in these.
void* operator new(size_t bytes) { return counted(bytes, 1); }
void* operator new(size_t bytes, std::align_val_t align) {
  return counted(bytes, static_cast<size_t>(align));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
