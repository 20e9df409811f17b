// A service that shares requests out among other services by weight, smoothly and exactly over all
// workers. Immutable, shared by all workers; its counter survives reloads.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/middleware.h"
#include "upstream/balancer.h"

namespace fairlead::proxy {

struct WeightedChild {
  std::shared_ptr<const pipeline::Handler> service;
  int64_t weight = 1;
};

class WeightedService final : public pipeline::Handler {
 public:
  WeightedService(std::vector<WeightedChild> children,
                  std::shared_ptr<upstream::BalancerState> state);
  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;

 private:
  std::vector<WeightedChild> children_;
  std::vector<uint32_t> round_;  // the order of one round, as indexes of children_
  std::shared_ptr<upstream::BalancerState> state_;
};

}  // namespace fairlead::proxy
