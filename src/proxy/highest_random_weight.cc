#include "proxy/highest_random_weight.h"

#include <algorithm>

#include "upstream/hashing.h"

namespace fairlead::proxy {

io::Task<pipeline::Reply> HighestRandomWeightService::handle(pipeline::Exchange& x) const {
  char text[46];
  std::string_view client = x.peer != nullptr ? x.peer->ip_text(text) : "";
  uint64_t start = upstream::fnv1a(client);
  io::TimePoint now = x.worker().loop().now();
  const HashedChild* best = nullptr;
  std::pair<bool, double> best_score{false, -1};
  for (const HashedChild& child : children_) {
    if (child.weight <= 0) continue;
    std::pair score{child.service->is_available(now),
                    upstream::rendezvous_score(upstream::fnv1a(child.name, start), child.weight)};
    if (best != nullptr && score <= best_score) continue;
    best = &child;
    best_score = score;
  }
  if (best == nullptr) return pipeline::Reply(fail(Code::no_server, Side::self, Stage::route));
  return best->service->handle(x);
}

bool HighestRandomWeightService::is_available(io::TimePoint now) const {
  return std::ranges::any_of(children_, [now](const HashedChild& child) {
    return child.weight > 0 && child.service->is_available(now);
  });
}

}  // namespace fairlead::proxy
