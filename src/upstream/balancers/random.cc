// A server at random, as often as its weight says. Without any state: for very many short requests
// over very many proxies.
#include <algorithm>

#include "upstream/balancer.h"
#include "upstream/hashing.h"

namespace fairlead::upstream {
namespace {

class Random final : public Balancer {
 public:
  explicit Random(std::span<const Endpoint* const> endpoints)
      : endpoints_(endpoints.begin(), endpoints.end()) {
    for (const Endpoint* one : endpoints_) {
      total_ += static_cast<uint64_t>(one->weight);
      ends_.push_back(total_);
    }
  }

  const Endpoint* pick(const PickContext& context) const override {
    if (endpoints_.empty()) return nullptr;
    const Endpoint* first = endpoints_[at(dice(total_))];
    return context.may_take(*first) ? first : pick_among_allowed(context);
  }

 private:
  size_t at(uint64_t point) const {
    return static_cast<size_t>(std::ranges::upper_bound(ends_, point) - ends_.begin());
  }

  // Each that is allowed takes the place of those before with the chance of its share so far. Asked
  // once: a server that warms up gives another answer each time.
  const Endpoint* pick_among_allowed(const PickContext& context) const {
    const Endpoint* chosen = nullptr;
    uint64_t total = 0;
    for (const Endpoint* one : endpoints_) {
      if (!context.may_take(*one)) continue;
      auto weight = static_cast<uint64_t>(one->weight);
      total += weight;
      if (dice(total) < weight) chosen = one;
    }
    return chosen;
  }

  std::vector<const Endpoint*> endpoints_;
  std::vector<uint64_t> ends_;  // of each endpoint's part of total_
  uint64_t total_ = 0;
};

}  // namespace

extern const BalancerType random_balancer;
const BalancerType random_balancer{"random",
                                   [](std::span<const Endpoint* const> endpoints,
                                      BalancerType::Settings) -> std::unique_ptr<const Balancer> {
                                     return std::make_unique<Random>(endpoints);
                                   }};

}  // namespace fairlead::upstream
