// The candidates of one host, by path: the texts of all prefixes and exact paths, sorted; each
// knows the longest prefix in front of it. One binary search finds the longest text that a path
// starts with, the rest is a walk along the links. Immutable; the lists lie in the router's array.
// Any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "routing/indexed_route.h"
#include "routing/large_array.h"

namespace fairlead::routing {

class PathIndex {
 public:
  // Below this depth a prefix's candidates move to the prefix above: they check their path
  // themselves, and the number of lists to merge stays bounded whatever the labels say.
  static constexpr unsigned kMaxDepth = 24;
  static constexpr unsigned kMaxLists = kMaxDepth + 2;

  // Appends the lists to `all`; `bucket` is in the order of rank.
  PathIndex(const std::vector<IndexedRoute>& bucket, LargeArray<IndexedRoute>& all);

  void collect(std::string_view path, const IndexedRoute* all, RouteWalk& walk) const;

 private:
  static constexpr uint32_t kNone = ~0u;

  struct Node {
    std::string_view text;       // of a candidate's term
    uint32_t parent = kNone;     // the longest proper prefix that has candidates by prefix
    uint32_t depth = 0;          // how many such prefixes, itself included
    uint32_t by_prefix = kNone;  // lists
    uint32_t by_exact = kNone;
  };

  void make_nodes(const std::vector<IndexedRoute>& bucket);
  void link_nodes();
  uint32_t node_of(std::string_view text) const;
  uint32_t list_of(const IndexedRoute& candidate) const;

  std::vector<Node> nodes_;
  uint32_t anywhere_ = kNone;  // candidates without a path key
};

}  // namespace fairlead::routing
