#include "proxy/weighted.h"

#include <algorithm>

#include "upstream/smooth_round.h"

namespace fairlead::proxy {

WeightedService::WeightedService(std::vector<WeightedChild> children,
                                 std::shared_ptr<upstream::BalancerState> state,
                                 std::unique_ptr<const Stickiness> sticky)
    : children_(std::move(children)), state_(std::move(state)), sticky_(std::move(sticky)) {
  std::vector<int64_t> weights;
  for (const WeightedChild& child : children_) weights.push_back(child.weight);
  round_ = upstream::smooth_round(weights);
}

bool WeightedService::is_available(io::TimePoint now) const {
  return std::ranges::any_of(children_, [now](const WeightedChild& child) {
    return child.weight > 0 && child.service->is_available(now);
  });
}

// Another turn is drawn for each child that is passed over, so that the others share its turns by
// their weights.
size_t WeightedService::next_turn(io::TimePoint now) const {
  uint64_t turn = 0;
  for (size_t i = 0; i < round_.size(); ++i) {
    turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
    size_t child = round_[turn % round_.size()];
    if (children_[child].service->is_available(now)) return child;
  }
  return round_[turn % round_.size()];
}

io::Task<pipeline::Reply> WeightedService::handle(pipeline::Exchange& x) const {
  if (round_.empty()) return pipeline::Reply(fail(Code::no_server, Side::self, Stage::route));
  if (sticky_ != nullptr) return handle_sticky(x);
  return children_[next_turn(x.worker().loop().now())].service->handle(x);
}

io::Task<pipeline::Reply> WeightedService::handle_sticky(pipeline::Exchange& x) const {
  io::TimePoint now = x.worker().loop().now();
  std::optional<Stickiness::Session> session = sticky_->find(x.request);
  bool is_kept = session && children_[session->target].weight > 0 &&
                 children_[session->target].service->is_available(now);
  size_t child = is_kept ? session->target : next_turn(now);
  bool needs_cookie = !is_kept || !session->is_written_today;
  pipeline::Reply reply = co_await children_[child].service->handle(x);
  if (reply && needs_cookie) sticky_->set(*reply->head, child);
  co_return reply;
}

}  // namespace fairlead::proxy
