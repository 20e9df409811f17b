#include "proxy/weighted.h"

#include "upstream/smooth_round.h"

namespace fairlead::proxy {

WeightedService::WeightedService(std::vector<WeightedChild> children,
                                 std::shared_ptr<upstream::BalancerState> state)
    : children_(std::move(children)), state_(std::move(state)) {
  std::vector<int64_t> weights;
  for (const WeightedChild& child : children_) weights.push_back(child.weight);
  round_ = upstream::smooth_round(weights);
}

io::Task<pipeline::Reply> WeightedService::handle(pipeline::Exchange& x) const {
  if (round_.empty()) return pipeline::Reply(fail(Code::no_server, Side::self, Stage::route));
  uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
  return children_[round_[turn % round_.size()]].service->handle(x);
}

}  // namespace fairlead::proxy
