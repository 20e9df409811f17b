// The power of two choices: of two servers at random the one with fewer requests in flight. Evens
// out unequal requests and slow servers without looking at all of them. Weights are not used, as in
// Traefik.
#include "upstream/balancer.h"
#include "upstream/hashing.h"

namespace fairlead::upstream {
namespace {

class TwoChoices final : public Balancer {
 public:
  explicit TwoChoices(std::span<const Endpoint* const> endpoints)
      : endpoints_(endpoints.begin(), endpoints.end()) {}

  const Endpoint* pick(const PickContext& context) const override {
    size_t count = endpoints_.size();
    if (count < 2) return pick_from(0, context);
    size_t first = dice(count);
    size_t second = (first + 1 + dice(count - 1)) % count;
    bool may_take_first = context.may_take(*endpoints_[first]);
    bool may_take_second = context.may_take(*endpoints_[second]);
    if (may_take_first && may_take_second) {
      return endpoints_[second]->load->in_flight() < endpoints_[first]->load->in_flight()
                 ? endpoints_[second]
                 : endpoints_[first];
    }
    if (may_take_first) return endpoints_[first];
    return may_take_second ? endpoints_[second] : pick_from(dice(count), context);
  }

 private:
  // The least busy of all that are allowed; `first` decides between equals.
  const Endpoint* pick_from(size_t first, const PickContext& context) const {
    const Endpoint* best = nullptr;
    for (size_t i = 0; i < endpoints_.size(); ++i) {
      const Endpoint* one = endpoints_[(first + i) % endpoints_.size()];
      if (!context.may_take(*one)) continue;
      if (best == nullptr || one->load->in_flight() < best->load->in_flight()) best = one;
    }
    return best;
  }

  std::vector<const Endpoint*> endpoints_;
};

}  // namespace

extern const BalancerType p2c_balancer;
const BalancerType p2c_balancer{"p2c",
                                [](std::span<const Endpoint* const> endpoints,
                                   BalancerType::Settings) -> std::unique_ptr<const Balancer> {
                                  return std::make_unique<TwoChoices>(endpoints);
                                },
                                true};

}  // namespace fairlead::upstream
