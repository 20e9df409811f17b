// The part of the LoadBalancer that knows about sessions and about who is there to answer.
#include <algorithm>

#include "proxy/load_balancer.h"

namespace fairlead::proxy {

bool LoadBalancer::is_available(io::TimePoint) const {
  return std::ranges::any_of(endpoints_, [](const upstream::Endpoint& one) {
    return one.weight > 0 && !one.is_fenced && (one.health == nullptr || one.health->is_up());
  });
}

// A server that is being stopped (fenced) keeps its sessions; one that is down loses them. Why not
// takes_requests(): a server that warms up would lose sessions by chance.
const upstream::Endpoint* LoadBalancer::session_server(const upstream::PickContext& context) const {
  std::optional<Stickiness::Session> session = settings_.sticky->find(*context.request);
  if (!session) return nullptr;
  const upstream::Endpoint& server = endpoints_[session->target];
  bool is_well = server.health == nullptr || server.health->is_up();
  return is_well && !context.was_tried(server) ? &server : nullptr;
}

void LoadBalancer::keep_session(const http::RequestHead& request,
                                const upstream::Endpoint& endpoint,
                                http::ResponseHead& head) const {
  if (settings_.sticky == nullptr) return;
  auto target = static_cast<size_t>(&endpoint - endpoints_.data());
  std::optional<Stickiness::Session> session = settings_.sticky->find(request);
  bool has_it = session && session->target == target && session->is_written_today;
  if (!has_it) settings_.sticky->set(head, target);
}

}  // namespace fairlead::proxy
