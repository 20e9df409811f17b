// How many requests of each source are under way, over all workers. A source is known only while it
// has one. Any thread; a permit may be given back on another thread than it was taken on.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace fairlead::middleware {

class SourceCounts {
 public:
  // Counts for as long as it lives. Empty when there was none to be had.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept
        : counts_(std::exchange(other.counts_, nullptr)), source_(other.source_) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (counts_ != nullptr) counts_->release(source_);
    }
    explicit operator bool() const { return counts_ != nullptr; }

   private:
    friend class SourceCounts;
    Permit(SourceCounts& counts, std::string_view source) : counts_(&counts), source_(source) {}
    SourceCounts* counts_ = nullptr;
    std::string_view source_;
  };

  // `source` outlives the permit.
  Permit try_acquire(std::string_view source, int64_t most);
  size_t sources();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view source) const;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> counts;
  };
  Shard& shard_of(std::string_view source);
  void release(std::string_view source);

  std::array<Shard, 16> shards_;
};

}  // namespace fairlead::middleware
