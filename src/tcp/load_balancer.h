// A TCP service that is a list of servers: round robin, exact over all workers, among those that
// their health check has not found down. A server that does not take the connection passes it on to
// the next one: nothing has been sent yet. Immutable, shared by all workers.
#pragma once

#include <string>
#include <vector>

#include "tcp/server.h"
#include "tcp/service.h"
#include "upstream/balancer.h"

namespace fairlead::tcp {

class LoadBalancer final : public Service {
 public:
  LoadBalancer(std::vector<Server> servers, Transport transport,
               std::shared_ptr<upstream::BalancerState> state)
      : servers_(std::move(servers)), transport_(transport), state_(std::move(state)) {}

  io::Task<Result<Upstream>> connect(Connection& connection) const override;
  bool is_up() const override;
  const std::vector<Server>& servers() const { return servers_; }

 private:
  // The next one in turn that is not in `tried`; null when there is none.
  const Server* pick(std::span<const Server* const> tried) const;
  io::Task<Result<Upstream>> connect_to(const Server& server, Connection& connection) const;

  std::vector<Server> servers_;
  Transport transport_;
  std::shared_ptr<upstream::BalancerState> state_;
};

}  // namespace fairlead::tcp
