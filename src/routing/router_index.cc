#include "routing/router_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "base/check.h"

namespace fairlead::routing {

namespace {

// What decides the order of asking, with the start of the name at hand so that most comparisons
// stay in this array.
struct SortKey {
  int64_t priority;
  int tie_rank;
  uint32_t entry;
  uint64_t name_start[3];
  std::string_view name;
};

SortKey sort_key(const RouterEntry& entry, uint32_t number) {
  SortKey key{entry.route->priority, entry.tie_rank, number, {}, entry.route->name};
  char start[sizeof key.name_start] = {};
  std::memcpy(start, key.name.data(), std::min(key.name.size(), sizeof start));
  std::memcpy(key.name_start, start, sizeof start);
  for (uint64_t& word : key.name_start)
    word = std::byteswap(word);  // big endian: compares as the text does
  return key;
}

bool is_before(const SortKey& a, const SortKey& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.tie_rank != b.tie_rank) return a.tie_rank < b.tie_rank;
  for (size_t i = 0; i < std::size(a.name_start); ++i) {
    if (a.name_start[i] != b.name_start[i]) return a.name_start[i] < b.name_start[i];
  }
  if (a.name != b.name) return a.name < b.name;
  return a.entry < b.entry;
}

std::vector<RouterEntry> in_order_of_asking(std::vector<RouterEntry> entries) {
  std::vector<SortKey> keys;
  keys.reserve(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) keys.push_back(sort_key(entries[i], i));
  std::ranges::sort(keys, is_before);
  std::vector<RouterEntry> sorted;
  sorted.reserve(entries.size());
  for (const SortKey& key : keys) sorted.push_back(std::move(entries[key.entry]));
  return sorted;
}

std::pair<size_t, size_t> count_host_terms(const std::vector<RouterEntry>& entries) {
  size_t exact = 0, wildcard = 0;
  for (const RouterEntry& entry : entries) {
    for (const IndexTerm& term : entry.rule->terms()) {
      exact += term.host_key == HostKey::exact;
      wildcard += term.host_key == HostKey::wildcard;
    }
  }
  return {exact, wildcard};
}

}  // namespace

// Groups all terms by bucket with a counting sort: linear, and the order of rank is kept.
class Router::Index::Builder {
 public:
  explicit Builder(Index& index) : index_(index) {}

  void build() {
    number_buckets();
    std::vector<uint32_t> starts(buckets_ + 1, 0);
    for (const Placed& placed : placed_) ++starts[placed.bucket + 1];
    for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    std::vector<uint32_t> order(placed_.size()), next(starts.begin(), starts.end() - 1);
    for (uint32_t i = 0; i < placed_.size(); ++i) order[next[placed_[i].bucket]++] = i;

    index_.candidates.reserve(placed_.size());
    std::vector<uint32_t> where;
    where.reserve(buckets_);
    for (uint32_t bucket = 0; bucket < buckets_; ++bucket) {
      where.push_back(
          lay_out(std::span(order).subspan(starts[bucket], starts[bucket + 1] - starts[bucket])));
    }
    index_.exact.renumber([&where](uint32_t bucket) { return where[bucket]; });
    index_.wildcard.renumber([&where](uint32_t bucket) { return where[bucket]; });
    if (any_bucket_ != HostIndex::kNone) index_.any_host = where[any_bucket_];
    FAIRLEAD_CHECK(index_.candidates.size() < kIsPathIndex);
  }

 private:
  struct Placed {
    const IndexTerm* term;
    uint32_t rank;
    uint32_t bucket;
  };

  void number_buckets() {
    for (uint32_t rank = 0; rank < index_.entries.size(); ++rank) {
      for (const IndexTerm& term : index_.entries[rank].rule->terms()) {
        uint32_t& bucket = bucket_of(term);
        if (bucket == HostIndex::kNone) bucket = buckets_++;
        placed_.push_back({&term, rank, bucket});
      }
    }
  }

  uint32_t& bucket_of(const IndexTerm& term) {
    if (term.host_key == HostKey::exact) return index_.exact.at(term.host_hash);
    if (term.host_key == HostKey::wildcard) return index_.wildcard.at(term.host_hash);
    return any_bucket_;
  }

  uint32_t lay_out(std::span<const uint32_t> members) {
    if (members.size() > kLinearBucket) {
      std::vector<IndexedRoute> bucket;
      for (uint32_t member : members) bucket.push_back(candidate(placed_[member]));
      index_.path_indexes.emplace_back(bucket, index_.candidates);
      return static_cast<uint32_t>(index_.path_indexes.size() - 1) | kIsPathIndex;
    }
    auto first = static_cast<uint32_t>(index_.candidates.size());
    for (uint32_t member : members) index_.candidates.push_back(candidate(placed_[member]));
    index_.candidates.back().is_last = true;
    return first;
  }

  IndexedRoute candidate(const Placed& placed) const {
    return IndexedRoute(*index_.entries[placed.rank].route, placed.rank, *placed.term);
  }

  Index& index_;
  std::vector<Placed> placed_;
  uint32_t buckets_ = 0;
  uint32_t any_bucket_ = HostIndex::kNone;
};

Router::Index::Index(std::vector<RouterEntry> unordered)
    : entries(in_order_of_asking(std::move(unordered))), exact(0), wildcard(0) {
  auto [exact_terms, wildcard_terms] = count_host_terms(entries);
  exact = HostIndex(exact_terms);
  wildcard = HostIndex(wildcard_terms);
  Builder(*this).build();
}

}  // namespace fairlead::routing
