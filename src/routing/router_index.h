// What a Router is made of, and how it is built: routers in the order of asking, an index for exact
// hosts and one for wildcard hosts, and the candidates behind them. Internal to routing/.
#pragma once

#include <optional>
#include <vector>

#include "routing/compiled_rule.h"
#include "routing/host_hash.h"
#include "routing/host_index.h"
#include "routing/indexed_route.h"
#include "routing/large_array.h"
#include "routing/path_index.h"
#include "routing/router.h"

namespace fairlead::routing {

struct Router::Index {
  // A bucket (the candidates of one host) with more than this gets a PathIndex.
  static constexpr size_t kLinearBucket = 8;

  explicit Index(std::vector<RouterEntry> entries);

  // At most three buckets: the host's own, its wildcard's, and the one for any host.
  void collect(const MatchContext& context, RouteWalk& walk) const {
    std::string_view host = context.head.host;
    if (!exact.empty()) add_bucket(exact.find(hash_host(host)), context.path, walk);
    if (!wildcard.empty()) {
      std::string_view suffix = wildcard_suffix(host);
      if (!suffix.empty()) add_bucket(wildcard.find(hash_host(suffix)), context.path, walk);
    }
    add_bucket(any_host, context.path, walk);
  }

  bool holds(const IndexedRoute& candidate, const MatchContext& context) const {
    if (!candidate.is_near(context.head.host, context.path)) return false;
    return candidate.is_decisive || entries[candidate.rank].rule->holds(context);
  }

  std::vector<RouterEntry> entries;  // by rank
  LargeArray<IndexedRoute> candidates;
  std::vector<PathIndex> path_indexes;
  HostIndex exact, wildcard;
  uint32_t any_host = HostIndex::kNone;

 private:
  // A bucket is the offset of its list, or with this bit the number of its PathIndex.
  static constexpr uint32_t kIsPathIndex = 1u << 31;

  class Builder;

  void add_bucket(uint32_t bucket, std::string_view path, RouteWalk& walk) const {
    if (bucket == HostIndex::kNone) return;
    if (bucket & kIsPathIndex) {
      path_indexes[bucket & ~kIsPathIndex].collect(path, candidates.data(), walk);
    } else {
      walk.add(candidates.data() + bucket);
    }
  }
};
static_assert(3 * PathIndex::kMaxLists <= RouteWalk::kMaxLists);

}  // namespace fairlead::routing
