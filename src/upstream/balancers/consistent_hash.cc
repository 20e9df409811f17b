// Consistent hashing on a header, a cookie, a query parameter or the client's address: the same key
// goes to the same server, and when servers come and go only their own keys move (weighted
// rendezvous over well-mixed hashes). A request without the key is placed by its client's address.
#include "upstream/balancer.h"
#include "upstream/hashing.h"
#include "upstream/request_key.h"

namespace fairlead::upstream {
namespace {

class ConsistentHash final : public Balancer {
 public:
  ConsistentHash(std::span<const Endpoint* const> endpoints, HashKey key) : key_(std::move(key)) {
    for (const Endpoint* one : endpoints) places_.push_back({one, fnv1a(one->url)});
  }

  const Endpoint* pick(const PickContext& context) const override {
    uint64_t key = hash(context);
    const Endpoint* best = nullptr;
    double best_score = -1;
    for (const Place& place : places_) {
      if (!context.may_take(*place.endpoint)) continue;
      double score = rendezvous_score(mixed(key ^ mixed(place.hash)), place.endpoint->weight);
      if (score <= best_score) continue;
      best = place.endpoint;
      best_score = score;
    }
    return best;
  }

 private:
  struct Place {
    const Endpoint* endpoint;
    uint64_t hash;
  };

  uint64_t hash(const PickContext& context) const {
    if (context.request != nullptr) {
      if (auto value = request_key(*context.request, key_)) return fnv1a(*value);
    }
    return context.peer != nullptr ? fnv1a(context.peer->ip_bytes()) : 0;
  }

  HashKey key_;
  std::vector<Place> places_;
};

}  // namespace

extern const BalancerType consistent_hash_balancer;
const BalancerType consistent_hash_balancer{
    "consistentHash",
    [](std::span<const Endpoint* const> endpoints,
       BalancerType::Settings settings) -> std::unique_ptr<const Balancer> {
      return std::make_unique<ConsistentHash>(endpoints, std::move(settings.hash_key));
    }};

}  // namespace fairlead::upstream
