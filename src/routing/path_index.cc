#include "routing/path_index.h"

#include <algorithm>

namespace fairlead::routing {

namespace {

std::string_view path_text(const IndexedRoute& candidate) {
  return {candidate.path, candidate.path_length};
}

size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// While building, a node's list fields say only whether there will be one.
constexpr uint32_t kPlanned = 0;

// Lists by number: 0 is "anywhere", then two for each node.
uint32_t prefix_list(uint32_t node) { return 1 + 2 * node; }
uint32_t exact_list(uint32_t node) { return 2 + 2 * node; }

}  // namespace

PathIndex::PathIndex(const std::vector<IndexedRoute>& bucket, LargeArray<IndexedRoute>& all) {
  make_nodes(bucket);
  link_nodes();
  std::vector<uint32_t> lists, starts(2 * nodes_.size() + 2, 0);
  for (const IndexedRoute& candidate : bucket) {
    lists.push_back(list_of(candidate));
    ++starts[lists.back() + 1];
  }
  for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];

  auto base = static_cast<uint32_t>(all.size());
  std::vector<uint32_t> order(bucket.size()), next(starts.begin(), starts.end() - 1);
  for (uint32_t i = 0; i < bucket.size(); ++i) order[next[lists[i]]++] = i;
  for (uint32_t i : order) {
    all.push_back(bucket[i]);
    all.back().is_last = all.size() - base == starts[lists[i] + 1];
  }
  auto place = [&](uint32_t list) {
    return starts[list] < starts[list + 1] ? base + starts[list] : kNone;
  };
  anywhere_ = place(0);
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].by_prefix = place(prefix_list(i));
    nodes_[i].by_exact = place(exact_list(i));
  }
}

void PathIndex::make_nodes(const std::vector<IndexedRoute>& bucket) {
  for (const IndexedRoute& candidate : bucket) {
    if (candidate.path_key == PathKey::any) continue;
    Node node{.text = path_text(candidate)};
    (candidate.path_key == PathKey::prefix ? node.by_prefix : node.by_exact) = kPlanned;
    nodes_.push_back(node);
  }
  std::ranges::sort(nodes_, {}, &Node::text);
  size_t kept = 0;
  for (const Node& node : nodes_) {
    if (kept == 0 || nodes_[kept - 1].text != node.text) {
      nodes_[kept++] = node;
      continue;
    }
    Node& same = nodes_[kept - 1];
    same.by_prefix = std::min(same.by_prefix, node.by_prefix);
    same.by_exact = std::min(same.by_exact, node.by_exact);
  }
  nodes_.resize(kept);
}

void PathIndex::link_nodes() {
  uint32_t above = kNone;  // the last prefix node on the way to here
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    while (above != kNone && !node.text.starts_with(nodes_[above].text))
      above = nodes_[above].parent;
    node.parent = above;
    node.depth = above == kNone ? 0 : nodes_[above].depth;
    if (node.by_prefix == kNone) continue;
    if (node.depth == kMaxDepth) {
      node.by_prefix = kNone;
    } else {
      ++node.depth;
      above = i;
    }
  }
}

uint32_t PathIndex::node_of(std::string_view text) const {
  return static_cast<uint32_t>(std::ranges::lower_bound(nodes_, text, {}, &Node::text) -
                               nodes_.begin());
}

uint32_t PathIndex::list_of(const IndexedRoute& candidate) const {
  if (candidate.path_key == PathKey::any) return 0;
  uint32_t node = node_of(path_text(candidate));
  if (candidate.path_key == PathKey::exact) return exact_list(node);
  return prefix_list(nodes_[node].by_prefix == kNone ? nodes_[node].parent : node);
}

void PathIndex::collect(std::string_view path, const IndexedRoute* all, RouteWalk& walk) const {
  if (anywhere_ != kNone) walk.add(all + anywhere_);
  auto after = std::ranges::upper_bound(nodes_, path, {}, &Node::text);
  if (after == nodes_.begin()) return;
  // Every text that is a prefix of the path is the last one before it, or linked from there.
  auto at = static_cast<uint32_t>(after - nodes_.begin() - 1);
  size_t common = common_length(nodes_[at].text, path);
  if (nodes_[at].text == path && nodes_[at].by_exact != kNone) walk.add(all + nodes_[at].by_exact);
  for (; at != kNone; at = nodes_[at].parent) {
    const Node& node = nodes_[at];
    if (node.text.size() <= common && node.by_prefix != kNone) walk.add(all + node.by_prefix);
  }
}

}  // namespace fairlead::routing
