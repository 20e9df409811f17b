// A ring of bytes between one worker that writes whole lines and the one thread that drains them.
// Lock-free; full means no, never wait. A line becomes visible in one piece, so whatever the reader
// sees ends with a newline. Owned by the AccessLog.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <memory>
#include <string_view>

namespace fairlead::observe {

class Ring {
 public:
  // Rounded up to a power of two.
  explicit Ring(size_t bytes)
      : capacity_(std::bit_ceil(bytes)),
        bytes_(std::make_unique_for_overwrite<char[]>(capacity_)) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  enum class Push : uint8_t {
    full,
    done,
    done_half_full
  };  // half_full: this line crossed the half

  // The worker's side.
  Push push(std::string_view line) {
    size_t tail = tail_.load(std::memory_order_relaxed);
    if (capacity_ - (tail - head_seen_) < line.size()) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (capacity_ - (tail - head_seen_) < line.size()) return Push::full;
    }
    copy_in(tail, line);
    // Sequentially consistent, so that a reader about to sleep either sees this line or is seen
    // sleeping.
    tail_.store(tail + line.size(), std::memory_order_seq_cst);
    size_t half = capacity_ / 2;
    bool crosses_half = tail - head_seen_ < half && tail + line.size() - head_seen_ >= half;
    if (!crosses_half) return Push::done;
    size_t used = tail + line.size() - head_.load(std::memory_order_acquire);
    if (used >= half) return Push::done_half_full;
    head_seen_ = tail + line.size() - used;
    return Push::done;
  }

  // The reader's side: what is there, in two pieces when it wraps. Stays until consume().
  std::array<std::string_view, 2> peek() const {
    size_t head = head_.load(std::memory_order_relaxed);
    size_t used = tail_.load(std::memory_order_seq_cst) - head;
    size_t at = head & (capacity_ - 1);
    size_t first = std::min(used, capacity_ - at);
    return {std::string_view(bytes_.get() + at, first),
            std::string_view(bytes_.get(), used - first)};
  }
  void consume(size_t bytes) {
    head_.store(head_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
  }
  bool is_empty() const {
    return tail_.load(std::memory_order_seq_cst) == head_.load(std::memory_order_relaxed);
  }
  size_t capacity() const { return capacity_; }

 private:
  void copy_in(size_t tail, std::string_view line) {
    size_t at = tail & (capacity_ - 1);
    size_t first = std::min(line.size(), capacity_ - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
  }

  const size_t capacity_;
  const std::unique_ptr<char[]> bytes_;
  alignas(64) std::atomic<size_t> tail_{0};  // written by the worker
  size_t head_seen_ = 0;                     // the worker's last look at head_
  alignas(64) std::atomic<size_t> head_{0};  // written by the reader
};

}  // namespace fairlead::observe
