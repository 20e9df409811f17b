// The table of balancers that list.inc names.
#include "http/message.h"
#include "upstream/balancer.h"

namespace fairlead::upstream {

#define FAIRLEAD_BALANCER(name) extern const BalancerType name##_balancer;
#include "upstream/balancers/list.inc"
#undef FAIRLEAD_BALANCER

namespace {
const BalancerType* const kBalancers[] = {
#define FAIRLEAD_BALANCER(name) &name##_balancer,
#include "upstream/balancers/list.inc"
#undef FAIRLEAD_BALANCER
};
}  // namespace

std::span<const BalancerType* const> all_balancers() { return kBalancers; }

const BalancerType* find_balancer(std::string_view name) {
  for (const BalancerType* type : kBalancers) {
    if (http::equals_ignore_case(type->name, name)) return type;
  }
  return nullptr;
}

}  // namespace fairlead::upstream
