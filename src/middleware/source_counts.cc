#include "middleware/source_counts.h"

#include "base/check.h"
#include "base/keyed_hash.h"

namespace fairlead::middleware {

size_t SourceCounts::Hash::operator()(std::string_view source) const { return keyed_hash(source); }

SourceCounts::Shard& SourceCounts::shard_of(std::string_view source) {
  return shards_[(keyed_hash(source) >> 32) % shards_.size()];
}

SourceCounts::Permit SourceCounts::try_acquire(std::string_view source, int64_t most) {
  if (most <= 0) return {};
  Shard& shard = shard_of(source);
  std::lock_guard lock(shard.mutex);
  auto found = shard.counts.find(source);
  if (found == shard.counts.end()) {
    shard.counts.emplace(std::string(source), 1);
    return {*this, source};
  }
  if (found->second >= most) return {};
  ++found->second;
  return {*this, source};
}

void SourceCounts::release(std::string_view source) {
  Shard& shard = shard_of(source);
  std::lock_guard lock(shard.mutex);
  auto found = shard.counts.find(source);
  FAIRLEAD_CHECK(found != shard.counts.end());
  if (--found->second == 0) shard.counts.erase(found);
}

size_t SourceCounts::sources() {
  size_t total = 0;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    total += shard.counts.size();
  }
  return total;
}

}  // namespace fairlead::middleware
