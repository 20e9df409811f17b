// What a limiter knows of each source of requests (an address, a field's value), shared by all
// workers and exact: each source is behind one of a few locks. Bounded: a source that may be
// forgotten goes as newcomers arrive; when all places are taken, the one that was silent longest
// goes. Locks are held for as long as a visit takes and never across a wait. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/keyed_hash.h"
#include "base/list.h"

namespace fairlead::middleware {

template <class State>
class SourceTable {
 public:
  static constexpr size_t kMaxSources = 65536;
  static constexpr size_t kShards = 64;

  // Visits the state of a source, made when it is new: visit(State&) → T. `may_forget(State&)` says
  // that a state is no different from a fresh one.
  template <class Visit, class MayForget>
  auto visit(std::string_view source, Visit visit, MayForget may_forget) {
    uint64_t hash = keyed_hash(source);
    Shard& shard = shards_[hash % kShards];
    std::lock_guard lock(shard.mutex);
    Node& node = find_or_make(shard, source, hash, may_forget);
    return visit(node.state);
  }

  // How many sources are known.
  size_t size() {
    size_t total = 0;
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      total += shard.nodes.size();
    }
    return total;
  }

 private:
  struct Name {
    std::string_view text;
    uint64_t hash;
    bool operator==(const Name& other) const { return text == other.text; }
  };
  struct NameHash {
    size_t operator()(const Name& name) const { return name.hash; }
  };
  struct Node : ListHook {
    explicit Node(std::string_view name) : source(name) {}
    std::string source;
    uint64_t hash = 0;
    State state{};
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Name, std::unique_ptr<Node>, NameHash> nodes;
    List<Node> by_age;  // silent longest first
  };

  template <class MayForget>
  Node& find_or_make(Shard& shard, std::string_view source, uint64_t hash, MayForget may_forget) {
    auto found = shard.nodes.find(Name{source, hash});
    if (found != shard.nodes.end()) {
      Node& node = *found->second;
      node.unlink();
      shard.by_age.push_back(node);
      return node;
    }
    // Two out for one in: the table shrinks to what is needed while it is used.
    for (int i = 0; i < 2 && !shard.by_age.empty() && may_forget(shard.by_age.front().state); ++i)
      forget_oldest(shard);
    if (shard.nodes.size() >= kMaxSources / kShards) forget_oldest(shard);
    auto made = std::make_unique<Node>(source);
    Node& node = *made;
    node.hash = hash;
    shard.by_age.push_back(node);
    shard.nodes.emplace(Name{node.source, hash}, std::move(made));
    return node;
  }

  void forget_oldest(Shard& shard) {
    Node& oldest = shard.by_age.front();
    oldest.unlink();
    shard.nodes.erase(shard.nodes.find(Name{oldest.source, oldest.hash}));
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace fairlead::middleware
