#include "udp/service.h"

#include <algorithm>

#include "upstream/smooth_round.h"

namespace fairlead::udp {
namespace {

constexpr int64_t kAvoidedFor = 1000;

int64_t now_ms() { return io::Loop::current()->now().time_since_epoch() / io::Duration{1}; }

}  // namespace

void avoid(const tcp::Server& server) {
  server.state->avoided_until.store(now_ms() + kAvoidedFor, std::memory_order_relaxed);
}

ServerPtr LoadBalancer::pick() const {
  if (servers_.empty()) return nullptr;
  uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
  int64_t now = now_ms();
  for (size_t i = 0; i < servers_.size(); ++i) {
    const ServerPtr& server = servers_[(turn + i) % servers_.size()];
    if (server->state->avoided_until.load(std::memory_order_relaxed) <= now) return server;
  }
  return servers_[turn % servers_.size()];
}

bool LoadBalancer::has(std::string_view address) const {
  return std::ranges::any_of(servers_,
                             [&](const ServerPtr& server) { return server->address == address; });
}

WeightedService::WeightedService(std::vector<WeightedChild> children,
                                 std::shared_ptr<upstream::BalancerState> state)
    : children_(std::move(children)), state_(std::move(state)) {
  std::vector<int64_t> weights;
  for (const WeightedChild& child : children_) weights.push_back(child.weight);
  round_ = upstream::smooth_round(weights);
}

ServerPtr WeightedService::pick() const {
  if (round_.empty()) return nullptr;
  uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < round_.size(); ++i) {
    ServerPtr server = children_[round_[(turn + i) % round_.size()]].service->pick();
    if (server != nullptr) return server;
  }
  return nullptr;
}

bool WeightedService::has(std::string_view address) const {
  return std::ranges::any_of(
      children_, [&](const WeightedChild& child) { return child.service->has(address); });
}

}  // namespace fairlead::udp
