#include "tcp/weighted.h"

#include <algorithm>

#include "upstream/smooth_round.h"

namespace fairlead::tcp {

WeightedService::WeightedService(std::vector<WeightedChild> children,
                                 std::shared_ptr<upstream::BalancerState> state)
    : children_(std::move(children)), state_(std::move(state)) {
  std::vector<int64_t> weights;
  for (const WeightedChild& child : children_) weights.push_back(child.weight);
  round_ = upstream::smooth_round(weights);
}

bool WeightedService::is_up() const {
  return std::ranges::any_of(children_, [](const WeightedChild& child) {
    return child.weight > 0 && child.service->is_up();
  });
}

io::Task<Result<Upstream>> WeightedService::connect(Connection& connection) const {
  std::vector<bool> has_failed(children_.size());
  Error last{Code::no_server, Side::self, Stage::route, Retry::never, 0};
  if (round_.empty()) co_return fail(last);
  uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < round_.size(); ++i) {
    uint32_t child = round_[(turn + i) % round_.size()];
    if (has_failed[child] || !children_[child].service->is_up()) continue;
    Result<Upstream> made = co_await children_[child].service->connect(connection);
    if (made || connection.scope.is_cancelled()) co_return made;
    has_failed[child] = true;
    last = made.error();
  }
  co_return fail(last);
}

}  // namespace fairlead::tcp
