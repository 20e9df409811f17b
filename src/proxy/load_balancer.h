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
#include "upstream/balancer.h"
#include "upstream/transport.h"

namespace fairlead::proxy {

struct LoadBalancerSettings {
  std::string name;  // qualified
  bool passes_host_header = true;
  std::shared_ptr<const upstream::Transport> transport;
  std::optional<PassiveCheck> passive_check;
  io::SlotId tally;  // per worker: upstream::ServiceTally
};

class LoadBalancer final : public pipeline::Handler {
 public:
  // Endpoints with a weight of 0 or less are kept out of the rotation.
  LoadBalancer(LoadBalancerSettings settings, std::vector<upstream::Endpoint> endpoints,
               const upstream::BalancerType& type, std::shared_ptr<upstream::BalancerState> state);

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x) const override;

  const LoadBalancerSettings& settings() const { return settings_; }
  const upstream::Balancer& balancer() const { return *balancer_; }
  std::span<const upstream::Endpoint> endpoints() const { return endpoints_; }
  Judge judge() const {
    return {endpoints_, settings_.passive_check ? &*settings_.passive_check : nullptr};
  }

 private:
  LoadBalancerSettings settings_;
  std::vector<upstream::Endpoint> endpoints_;
  std::unique_ptr<const upstream::Balancer> balancer_;
};

}  // namespace fairlead::proxy
