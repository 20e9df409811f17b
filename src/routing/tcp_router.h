// From a new connection to a TCP route, for one entry point: exact server names by hash, wildcard
// names by their suffix, then the rules of the few candidates left, in order of priority. Built
// once, immutable, shared by all workers; finding a route allocates nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "routing/tcp_rule.h"
#include "tcp/route.h"
#include "tls/sni_index.h"

namespace fairlead::routing {

struct TcpRouterEntry {
  TcpRulePtr rule;
  std::shared_ptr<const tcp::Route> route;  // its priority decides
  int tie_rank = 0;                         // lower wins among equal priorities, then name
  bool operator==(const TcpRouterEntry&) const = default;
};

class TcpRouter {
 public:
  explicit TcpRouter(std::vector<TcpRouterEntry> entries);

  // The route with the highest priority whose rule holds, or null.
  const std::shared_ptr<const tcp::Route>* match(const TcpMatchContext& context) const;
  size_t size() const { return entries_.size(); }
  const std::vector<TcpRouterEntry>& entries() const { return entries_; }

 private:
  using Ranks = std::vector<uint32_t>;

  std::vector<TcpRouterEntry> entries_;  // by rank
  tls::TextMap<Ranks> exact_, wildcard_;
  Ranks any_;
};

}  // namespace fairlead::routing
