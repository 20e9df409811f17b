// The server that will probably answer first: average time to the response head over the latest
// hundred answers, times the requests that are in front, divided by the weight. Equals take turns
// in the order of wrr. A server of which nothing is known counts as fast as the fastest, so that it
// is tried without being flooded.
#include <algorithm>
#include <limits>

#include "upstream/balancer.h"
#include "upstream/smooth_round.h"

namespace fairlead::upstream {
namespace {

class LeastTime final : public Balancer {
 public:
  LeastTime(std::span<const Endpoint* const> endpoints, std::shared_ptr<BalancerState> state)
      : state_(std::move(state)) {
    std::vector<int64_t> weights;
    for (const Endpoint* one : endpoints) weights.push_back(one->weight);
    for (uint32_t index : smooth_round(weights)) round_.push_back(endpoints[index]);
    endpoints_.assign(endpoints.begin(), endpoints.end());
  }

  const Endpoint* pick(const PickContext& context) const override {
    uint64_t usual = fastest();
    const Endpoint* best = nullptr;
    double best_score = std::numeric_limits<double>::infinity();
    bool has_equal = false;
    for (const Endpoint* one : endpoints_) {
      if (!context.may_take(*one)) continue;
      double own = score(*one, usual);
      has_equal = own == best_score || (own > best_score && has_equal);
      if (own >= best_score) continue;
      best = one;
      best_score = own;
    }
    return has_equal ? next_of_equals(*best, best_score, usual, context) : best;
  }

 private:
  static double score(const Endpoint& one, uint64_t usual) {
    uint64_t average = one.load->average_us();
    if (average == 0) average = usual;
    return static_cast<double>(average) * (1.0 + one.load->in_flight()) /
           static_cast<double>(one.weight);
  }

  uint64_t fastest() const {
    uint64_t least = 0;
    for (const Endpoint* one : endpoints_) {
      uint64_t average = one->load->average_us();
      if (average != 0 && (least == 0 || average < least)) least = average;
    }
    return std::max<uint64_t>(least, 1);
  }

  const Endpoint* next_of_equals(const Endpoint& found, double best_score, uint64_t usual,
                                 const PickContext& context) const {
    uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
    for (size_t i = 0; i < round_.size(); ++i) {
      const Endpoint* one = round_[(turn + i) % round_.size()];
      if (score(*one, usual) <= best_score && context.may_take(*one)) return one;
    }
    return &found;
  }

  std::vector<const Endpoint*> endpoints_, round_;
  std::shared_ptr<BalancerState> state_;
};

}  // namespace

extern const BalancerType leasttime_balancer;
const BalancerType leasttime_balancer{
    "leasttime",
    [](std::span<const Endpoint* const> endpoints,
       BalancerType::Settings settings) -> std::unique_ptr<const Balancer> {
      return std::make_unique<LeastTime>(endpoints, std::move(settings.state));
    },
    true};

}  // namespace fairlead::upstream
