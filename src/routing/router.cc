#include "routing/router.h"

#include "routing/router_index.h"

namespace fairlead::routing {

Router::Router(std::vector<RouterEntry> entries)
    : index_(std::make_unique<Index>(std::move(entries))) {}
Router::~Router() = default;

const pipeline::Route* Router::match(const MatchContext& context) const {
  RouteWalk walk;
  index_->collect(context, walk);
  while (const IndexedRoute* candidate = walk.next()) {
    if (index_->holds(*candidate, context)) return candidate->route;
  }
  return nullptr;
}

std::vector<Router::Candidate> Router::explain(const MatchContext& context) const {
  RouteWalk walk;
  index_->collect(context, walk);
  std::vector<Candidate> asked;
  while (const IndexedRoute* candidate = walk.next()) {
    const RouterEntry& entry = index_->entries[candidate->rank];
    if (!asked.empty() && asked.back().route == entry.route.get())
      continue;  // another term of the same rule
    std::string refused = routing::refused_by(*entry.rule, context);
    bool is_match = refused.empty();
    asked.push_back({entry.route.get(), is_match, std::move(refused)});
    if (is_match) break;
  }
  return asked;
}

size_t Router::size() const { return index_->entries.size(); }

}  // namespace fairlead::routing
