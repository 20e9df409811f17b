// Live requests for whoever looks: a few subscribers, each with a bounded queue of lines that
// workers fill and the subscriber empties. While nobody looks, a worker reads one flag a request.
// Owned by the process, outlives workers; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "observe/log_entry.h"

namespace fairlead::observe {

// Which requests; what is empty admits all.
struct TailFilter {
  std::string router, service;     // qualified names
  std::string host, path, method;  // the host exactly, the path's beginning
  uint16_t status = 0;             // exactly; 0: any
  uint16_t status_class = 0;       // 4: every 4xx; 0: any
  bool admits(const LogEntry& entry) const;
};

class Tail {
 public:
  static constexpr size_t kMostSubscribers = 16;
  static constexpr size_t kMostWaiting = 1000;  // lines of one subscriber

  class Subscription {
   public:
    Subscription(Tail& tail, TailFilter filter) : tail_(tail), filter_(std::move(filter)) {}
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    // Takes what has come since the last time: JSON objects, oldest first. `lost` counts those for
    // which there was no room.
    std::vector<std::string> take(uint64_t& lost);

   private:
    friend class Tail;
    Tail& tail_;
    const TailFilter filter_;
    std::deque<std::string> waiting_;  // under the tail's mutex, as is lost_
    uint64_t lost_ = 0;
  };

  // Null when there are too many already.
  std::unique_ptr<Subscription> subscribe(TailFilter filter);
  bool has_subscribers() const { return count_.load(std::memory_order_relaxed) != 0; }
  // From any worker, when has_subscribers().
  void add(const LogEntry& entry);

 private:
  std::atomic<size_t> count_{0};
  std::mutex mutex_;
  std::vector<Subscription*> subscribers_;
};

}  // namespace fairlead::observe
