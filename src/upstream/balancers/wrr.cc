// Smooth weighted round robin, exact over all workers: the order of one round is worked out when
// the configuration is compiled, and one shared counter walks through it. Why one counter: with a
// cursor a worker, a client that opens a connection for each request sees the servers out of turn;
// the price is one relaxed atomic add.
#include "upstream/balancer.h"
#include "upstream/smooth_round.h"

namespace fairlead::upstream {
namespace {

class WeightedRoundRobin final : public Balancer {
 public:
  WeightedRoundRobin(std::span<const Endpoint* const> endpoints,
                     std::shared_ptr<BalancerState> state)
      : state_(std::move(state)) {
    std::vector<int64_t> weights;
    for (const Endpoint* endpoint : endpoints) weights.push_back(endpoint->weight);
    for (uint32_t index : smooth_round(weights)) round_.push_back(endpoints[index]);
  }

  const Endpoint* pick(const PickContext& context) const override {
    if (round_.empty()) return nullptr;
    if (round_.size() == 1) return context.may_take(*round_[0]) ? round_[0] : nullptr;
    // Why another turn is drawn for each one that is passed over: the next in the round would get
    // the turns of its neighbour as well as its own.
    uint64_t turn = 0;
    for (size_t i = 0; i < round_.size(); ++i) {
      turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
      const Endpoint* endpoint = round_[turn % round_.size()];
      if (context.may_take(*endpoint)) return endpoint;
    }
    // Other workers drew in between: now everyone in turn.
    for (size_t i = 1; i <= round_.size(); ++i) {
      const Endpoint* endpoint = round_[(turn + i) % round_.size()];
      if (context.may_take(*endpoint)) return endpoint;
    }
    return nullptr;
  }

 private:
  std::vector<const Endpoint*> round_;
  std::shared_ptr<BalancerState> state_;
};

}  // namespace

extern const BalancerType wrr_balancer;
const BalancerType wrr_balancer{
    "wrr",
    [](std::span<const Endpoint* const> endpoints,
       BalancerType::Settings settings) -> std::unique_ptr<const Balancer> {
      return std::make_unique<WeightedRoundRobin>(endpoints, std::move(settings.state));
    }};

}  // namespace fairlead::upstream
