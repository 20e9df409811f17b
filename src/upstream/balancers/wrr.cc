// Smooth weighted round robin, exact over all workers: the order of one round is worked out when the configuration is
// compiled, and one shared counter walks through it. Why one counter: with a cursor a worker, a client that opens a
// connection for each request sees the servers out of turn; the price is one relaxed atomic add.
#include <algorithm>
#include <numeric>

#include "upstream/balancer.h"

namespace fairlead::upstream {
namespace {

// Weights are scaled down so that a round has at most this many turns.
constexpr int64_t kMaxRound = 4096;

class WeightedRoundRobin final : public Balancer {
 public:
  WeightedRoundRobin(std::span<const Endpoint* const> endpoints, std::shared_ptr<BalancerState> state)
      : state_(std::move(state)) {
    if (!endpoints.empty()) build_round(endpoints);
  }

  const Endpoint* pick(const PickContext& context) const override {
    if (round_.size() == 1) return context.was_tried(*round_[0]) ? nullptr : round_[0];
    if (round_.empty()) return nullptr;
    uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
    for (size_t i = 0; i < round_.size(); ++i) {
      const Endpoint* endpoint = round_[(turn + i) % round_.size()];
      if (!context.was_tried(*endpoint)) return endpoint;
    }
    return nullptr;
  }

 private:
  void build_round(std::span<const Endpoint* const> endpoints) {
    int64_t divisor = 0;
    int64_t total = 0;
    for (const Endpoint* e : endpoints) {
      divisor = std::gcd(divisor, e->weight);
      total += e->weight;
    }
    int64_t scale = std::max<int64_t>(1, (total / divisor + kMaxRound - 1) / kMaxRound);
    std::vector<int64_t> weights, current(endpoints.size());
    for (const Endpoint* e : endpoints) weights.push_back(std::max<int64_t>(1, e->weight / divisor / scale));
    int64_t turns = std::accumulate(weights.begin(), weights.end(), int64_t{0});
    // Each turn everyone gains its weight, the richest is chosen and pays the total: chosen evenly spread.
    for (int64_t turn = 0; turn < turns; ++turn) {
      for (size_t i = 0; i < weights.size(); ++i) current[i] += weights[i];
      size_t best = static_cast<size_t>(std::max_element(current.begin(), current.end()) - current.begin());
      current[best] -= turns;
      round_.push_back(endpoints[best]);
    }
  }

  std::vector<const Endpoint*> round_;
  std::shared_ptr<BalancerState> state_;
};

}  // namespace

extern const BalancerType wrr_balancer;
const BalancerType wrr_balancer{
    "wrr", [](std::span<const Endpoint* const> endpoints,
              std::shared_ptr<BalancerState> state) -> std::unique_ptr<const Balancer> {
      return std::make_unique<WeightedRoundRobin>(endpoints, std::move(state));
    }};

}  // namespace fairlead::upstream
