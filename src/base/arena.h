// Memory that dies with its owner: a bump allocator over 4 KiB blocks. Everything a request needs
// (header fields, rewritten paths, body filters) is made here and goes at once when the exchange
// ends. Blocks come from the thread's free list, so a warm worker never asks the global heap. One
// owner, one thread; not copied, not moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fairlead {

class Arena final : public std::pmr::memory_resource {
 public:
  static constexpr size_t kBlockBytes = 4096;

  Arena() = default;
  ~Arena() override { reset(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised memory, valid until reset() or destruction.
  void* take(size_t bytes, size_t align = alignof(std::max_align_t)) {
    uintptr_t at = (next_ + align - 1) & ~(uintptr_t{align} - 1);
    if (at + bytes > end_) [[unlikely]]
      return take_slow(bytes, align);
    next_ = at + bytes;
    return reinterpret_cast<void*>(at);
  }

  // Constructs a T; its destructor runs at reset() when it has one.
  template <class T, class... Args>
  T* make(Args&&... args) {
    if constexpr (std::is_trivially_destructible_v<T>) {
      return ::new (take(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
    } else {
      auto* cleanup = ::new (take(sizeof(Cleanup), alignof(Cleanup))) Cleanup;
      T* object = ::new (take(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
      *cleanup = {cleanups_, object, [](void* p) { static_cast<T*>(p)->~T(); }};
      cleanups_ = cleanup;
      return object;
    }
  }

  char* take_chars(size_t bytes) { return static_cast<char*>(take(bytes, 1)); }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = take_chars(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  // One string from several parts.
  template <class... Parts>
  std::string_view join(const Parts&... parts) {
    size_t bytes = (std::string_view(parts).size() + ... + 0);
    char* to = take_chars(bytes);
    char* at = to;
    auto append = [&at](std::string_view part) {
      if (part.empty()) return;  // memcpy from null is undefined even for no bytes
      std::memcpy(at, part.data(), part.size());
      at += part.size();
    };
    (append(std::string_view(parts)), ...);
    return {to, bytes};
  }

  // Runs destructors (last made first) and gives every block back.
  void reset();

  // Bytes of blocks held, for limits and tests.
  size_t held_bytes() const { return held_bytes_; }

 private:
  struct Block {
    Block* next;
    size_t bytes;
  };
  struct Cleanup {
    Cleanup* next;
    void* object;
    void (*destroy)(void*);
  };

  void* take_slow(size_t bytes, size_t align);
  void* do_allocate(size_t bytes, size_t align) override { return take(bytes, align); }
  void do_deallocate(void*, size_t, size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  uintptr_t next_ = 0;
  uintptr_t end_ = 0;
  Block* blocks_ = nullptr;
  Cleanup* cleanups_ = nullptr;
  size_t held_bytes_ = 0;
};

}  // namespace fairlead
