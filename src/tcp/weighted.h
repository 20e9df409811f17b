// A TCP service that shares connections out among other services by weight, smoothly and exactly
// over all workers; a child without a server that is up loses its turn. Immutable, shared by all
// workers.
#pragma once

#include <memory>
#include <vector>

#include "tcp/service.h"
#include "upstream/balancer.h"

namespace fairlead::tcp {

struct WeightedChild {
  std::shared_ptr<const Service> service;
  int64_t weight = 1;
};

class WeightedService final : public Service {
 public:
  WeightedService(std::vector<WeightedChild> children,
                  std::shared_ptr<upstream::BalancerState> state);
  io::Task<Result<Upstream>> connect(Connection& connection) const override;
  bool is_up() const override;

 private:
  std::vector<WeightedChild> children_;
  std::vector<uint32_t> round_;  // the order of one round, as indexes of children_
  std::shared_ptr<upstream::BalancerState> state_;
};

}  // namespace fairlead::tcp
