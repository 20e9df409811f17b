#include "routing/tcp_router.h"

#include <algorithm>
#include <tuple>

namespace fairlead::routing {
namespace {

void add_once(std::vector<uint32_t>& ranks, uint32_t rank) {
  if (ranks.empty() || ranks.back() != rank) ranks.push_back(rank);
}

}  // namespace

TcpRouter::TcpRouter(std::vector<TcpRouterEntry> entries) : entries_(std::move(entries)) {
  std::ranges::sort(entries_, [](const TcpRouterEntry& a, const TcpRouterEntry& b) {
    if (a.route->priority != b.route->priority) return a.route->priority > b.route->priority;
    return std::tie(a.tie_rank, a.route->name) < std::tie(b.tie_rank, b.route->name);
  });
  for (uint32_t rank = 0; rank < entries_.size(); ++rank) {
    for (const IndexTerm& term : entries_[rank].rule->terms()) {
      if (term.host_key == HostKey::any) {
        add_once(any_, rank);
      } else {
        auto& index = term.host_key == HostKey::exact ? exact_ : wildcard_;
        add_once(index[std::string(term.host)], rank);
      }
    }
  }
}

const std::shared_ptr<const tcp::Route>* TcpRouter::match(const TcpMatchContext& context) const {
  const Ranks* lists[3] = {&any_, nullptr, nullptr};
  if (auto at = exact_.find(context.server_name); at != exact_.end()) lists[1] = &at->second;
  if (auto at = wildcard_.find(wildcard_suffix(context.server_name)); at != wildcard_.end())
    lists[2] = &at->second;
  size_t next[3] = {};
  // The lowest rank of all lists first.
  for (;;) {
    uint32_t best = ~0u;
    size_t from = 0;
    for (size_t i = 0; i < 3; ++i) {
      if (lists[i] == nullptr || next[i] == lists[i]->size()) continue;
      if ((*lists[i])[next[i]] >= best) continue;
      best = (*lists[i])[next[i]];
      from = i;
    }
    if (best == ~0u) return nullptr;
    ++next[from];
    if (entries_[best].rule->holds(context)) return &entries_[best].route;
  }
}

}  // namespace fairlead::routing
