// A service that is a list of servers: the last link of most chains. Runs each exchange's Race: an
// endpoint is chosen and tried, others follow as far as that is safe. Immutable, shared by all
// workers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/middleware.h"
#include "proxy/judge.h"
#include "proxy/sticky.h"
#include "upstream/balancer.h"
#include "upstream/transport.h"

namespace fairlead::proxy {

struct LoadBalancerSettings {
  std::string name;  // qualified
  bool passes_host_header = true;
  std::shared_ptr<const upstream::Transport> transport;
  std::optional<PassiveCheck> passive_check;
  io::SlotId tally;                                    // per worker: upstream::ServiceTally
  std::shared_ptr<const Stickiness> sticky = nullptr;  // its targets are the endpoints, by position
};

class LoadBalancer final : public pipeline::Handler {
 public:
  // Endpoints with a weight of 0 or less are kept out of the rotation.
  LoadBalancer(LoadBalancerSettings settings, std::vector<upstream::Endpoint> endpoints,
               const upstream::BalancerType& type, upstream::BalancerType::Settings balancing);

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;
  bool is_available(io::TimePoint now) const override;

  const LoadBalancerSettings& settings() const { return settings_; }
  // The server for a request: that of its session, or the balancer's choice. Null when there is no
  // server left that may take it.
  const upstream::Endpoint* pick(const upstream::PickContext& context) const {
    if (settings_.sticky != nullptr) {
      if (const upstream::Endpoint* kept = session_server(context)) return kept;
    }
    return balancer_->pick(context);
  }
  // Writes the session into an answer of `endpoint`, unless the client has it so already.
  void keep_session(const http::RequestHead& request, const upstream::Endpoint& endpoint,
                    http::ResponseHead& head) const;
  std::span<const upstream::Endpoint> endpoints() const { return endpoints_; }
  Judge judge() const {
    return {endpoints_, settings_.passive_check ? &*settings_.passive_check : nullptr};
  }

 private:
  const upstream::Endpoint* session_server(const upstream::PickContext& context) const;

  LoadBalancerSettings settings_;
  std::vector<upstream::Endpoint> endpoints_;
  std::unique_ptr<const upstream::Balancer> balancer_;
};

}  // namespace fairlead::proxy
