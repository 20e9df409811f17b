#include "upstream/balancer.h"

namespace fairlead::upstream {

std::shared_ptr<EndpointLoad> BalancerState::load(const std::string& url) {
  std::shared_ptr<EndpointLoad>& load = loads[url];
  if (load == nullptr) load = std::make_shared<EndpointLoad>();
  return load;
}

void BalancerState::forget_unused_loads() {
  std::erase_if(loads, [](const auto& entry) { return entry.second.use_count() == 1; });
}

}  // namespace fairlead::upstream
