// Rendezvous hashing on the client's address, with Traefik's score, so that a client keeps its
// server when one proxy is put in the place of the other. When servers come and go, only their own
// clients move. Weights count.
#include "upstream/balancer.h"
#include "upstream/hashing.h"

namespace fairlead::upstream {
namespace {

class HighestRandomWeight final : public Balancer {
 public:
  explicit HighestRandomWeight(std::span<const Endpoint* const> endpoints)
      : endpoints_(endpoints.begin(), endpoints.end()) {}

  const Endpoint* pick(const PickContext& context) const override {
    char text[46];
    std::string_view client = context.peer != nullptr ? context.peer->ip_text(text) : "";
    uint64_t start = fnv1a(client);
    const Endpoint* best = nullptr;
    double best_score = -1;
    for (const Endpoint* endpoint : endpoints_) {
      if (!context.may_take(*endpoint)) continue;
      double score = rendezvous_score(fnv1a(endpoint->url, start), endpoint->weight);
      if (score <= best_score) continue;
      best = endpoint;
      best_score = score;
    }
    return best;
  }

 private:
  std::vector<const Endpoint*> endpoints_;
};

}  // namespace

extern const BalancerType hrw_balancer;
const BalancerType hrw_balancer{"hrw",
                                [](std::span<const Endpoint* const> endpoints,
                                   BalancerType::Settings) -> std::unique_ptr<const Balancer> {
                                  return std::make_unique<HighestRandomWeight>(endpoints);
                                }};

}  // namespace fairlead::upstream
