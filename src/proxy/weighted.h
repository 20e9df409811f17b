// A service that shares requests out among other services by weight, smoothly and exactly over all
// workers. A service of which no server is known to be well gets its turns only when all are so.
// Immutable, shared by all workers; its counter survives reloads.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/middleware.h"
#include "proxy/sticky.h"
#include "upstream/balancer.h"

namespace fairlead::proxy {

struct WeightedChild {
  std::shared_ptr<const pipeline::Handler> service;
  int64_t weight = 1;
};

class WeightedService final : public pipeline::Handler {
 public:
  // The targets of `sticky` are the children, by position; null when sessions may move.
  WeightedService(std::vector<WeightedChild> children,
                  std::shared_ptr<upstream::BalancerState> state,
                  std::unique_ptr<const Stickiness> sticky = nullptr);

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;
  bool is_available(io::TimePoint now) const override;

 private:
  size_t next_turn(io::TimePoint now) const;
  io::Task<pipeline::Reply> handle_sticky(pipeline::Exchange& x) const;

  std::vector<WeightedChild> children_;
  std::vector<uint32_t> round_;  // the order of one round, as indexes of children_
  std::shared_ptr<upstream::BalancerState> state_;
  std::unique_ptr<const Stickiness> sticky_;
};

}  // namespace fairlead::proxy
