// How busy one server of one service is and how fast it answers, over all workers: what p2c and
// leasttime choose by. Relaxed atomics, written by workers. Kept in BalancerState, so it survives
// every configuration change that keeps the server.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

namespace fairlead::upstream {

class EndpointLoad {
 public:
  static constexpr size_t kSamples = 100;

  // Requests sent to it whose answers have not ended.
  uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  void begin() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void end() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

  // How long a response head took.
  void note_head(std::chrono::microseconds time) {
    auto fresh = static_cast<uint32_t>(std::clamp<int64_t>(time.count(), 1, UINT32_MAX));
    uint64_t turn = turns_.fetch_add(1, std::memory_order_relaxed);
    uint32_t before = samples_[turn % kSamples].exchange(fresh, std::memory_order_relaxed);
    sum_.fetch_add(uint64_t{fresh} - before, std::memory_order_relaxed);
  }
  // Over the latest samples, in microseconds; 0 when there are none.
  uint64_t average_us() const {
    uint64_t count = std::min<uint64_t>(turns_.load(std::memory_order_relaxed), kSamples);
    return count == 0 ? 0 : sum_.load(std::memory_order_relaxed) / count;
  }

 private:
  std::atomic<uint32_t> in_flight_{0};
  std::atomic<uint64_t> turns_{0}, sum_{0};
  std::array<std::atomic<uint32_t>, kSamples> samples_{};
};

// One request in flight at a server, until end() or destruction.
class LoadPermit {
 public:
  explicit LoadPermit(EndpointLoad& load) : load_(&load) { load.begin(); }
  LoadPermit(LoadPermit&& other) noexcept : load_(std::exchange(other.load_, nullptr)) {}
  LoadPermit& operator=(LoadPermit&&) = delete;
  ~LoadPermit() { end(); }
  void end() {
    if (load_ != nullptr) std::exchange(load_, nullptr)->end();
  }

 private:
  EndpointLoad* load_;
};

}  // namespace fairlead::upstream
