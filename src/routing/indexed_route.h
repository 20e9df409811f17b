// A router as the indexes hold it (a candidate): one cache line with all that most lookups need.
// Candidates lie in lists, each a run in one array in the order of rank (the order of asking),
// ended by is_last.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "pipeline/route.h"
#include "routing/index_term.h"

namespace fairlead::routing {

struct alignas(64) IndexedRoute {
  static constexpr size_t kInlineHostBytes = 32;

  const pipeline::Route* route = nullptr;
  const char* path = nullptr;
  uint32_t path_length = 0;
  uint32_t host_length = 0;
  uint32_t rank = 0;
  HostKey host_key = HostKey::any;
  PathKey path_key = PathKey::any;
  bool is_decisive = false;
  bool is_last = false;
  char host[kInlineHostBytes];  // or, when it is longer, a pointer to it

  IndexedRoute(const pipeline::Route& route, uint32_t rank, const IndexTerm& term)
      : route(&route),
        path(term.path.data()),
        path_length(static_cast<uint32_t>(term.path.size())),
        host_length(static_cast<uint32_t>(term.host.size())),
        rank(rank),
        host_key(term.host_key),
        path_key(term.path_key),
        is_decisive(term.is_decisive) {
    const char* text = term.host.data();
    if (host_length > kInlineHostBytes) {
      std::memcpy(host, &text, sizeof text);
    } else if (host_length > 0) {
      std::memcpy(host, text, host_length);
    }
  }

  std::string_view host_text() const {
    if (host_length <= kInlineHostBytes) [[likely]]
      return {host, host_length};
    const char* text;
    std::memcpy(&text, host, sizeof text);
    return {text, host_length};
  }

  // Whether the term holds; the index has only come near (hashes, shared lists).
  bool is_near(std::string_view request_host, std::string_view request_path) const {
    if (host_key == HostKey::exact && request_host != host_text()) return false;
    if (host_key == HostKey::wildcard && wildcard_suffix(request_host) != host_text()) return false;
    if (path_key == PathKey::any) return true;
    std::string_view key(path, path_length);
    return path_key == PathKey::exact ? request_path == key : request_path.starts_with(key);
  }
};
static_assert(sizeof(IndexedRoute) == 64);

// Walks several lists as one, in the order of rank.
class RouteWalk {
 public:
  static constexpr size_t kMaxLists = 96;

  void add(const IndexedRoute* list) { heads_[count_++] = list; }

  const IndexedRoute* next() {
    if (count_ == 0) return nullptr;
    size_t best = 0;
    for (size_t i = 1; i < count_; ++i) {
      if (heads_[i]->rank < heads_[best]->rank) best = i;
    }
    const IndexedRoute* found = heads_[best];
    if (found->is_last) {
      heads_[best] = heads_[--count_];
    } else {
      ++heads_[best];
    }
    return found;
  }

 private:
  const IndexedRoute* heads_[kMaxLists];
  size_t count_ = 0;
};

}  // namespace fairlead::routing
