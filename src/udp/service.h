// Where the sessions of a UDP router go: servers in turn, or other services by weight. Immutable,
// shared by all workers; whose turn it is survives reloads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tcp/server.h"
#include "upstream/balancer.h"

namespace fairlead::udp {

using ServerPtr = std::shared_ptr<const tcp::Server>;

class Service {
 public:
  virtual ~Service() = default;
  // For a new session; null when there is none.
  virtual ServerPtr pick() const = 0;
  // Whether a session that goes to this address may go on.
  virtual bool has(std::string_view address) const = 0;
};

class LoadBalancer final : public Service {
 public:
  LoadBalancer(std::vector<ServerPtr> servers, std::shared_ptr<upstream::BalancerState> state)
      : servers_(std::move(servers)), state_(std::move(state)) {}
  // Passes over those that nobody could be found at a moment ago, while there are others.
  ServerPtr pick() const override;
  bool has(std::string_view address) const override;

 private:
  std::vector<ServerPtr> servers_;
  std::shared_ptr<upstream::BalancerState> state_;
};

struct WeightedChild {
  std::shared_ptr<const Service> service;
  int64_t weight = 1;
};

class WeightedService final : public Service {
 public:
  WeightedService(std::vector<WeightedChild> children,
                  std::shared_ptr<upstream::BalancerState> state);
  ServerPtr pick() const override;
  bool has(std::string_view address) const override;

 private:
  std::vector<WeightedChild> children_;
  std::vector<uint32_t> round_;
  std::shared_ptr<upstream::BalancerState> state_;
};

// Nobody listened there, or the name is not known: others are tried first for a while.
void avoid(const tcp::Server& server);

}  // namespace fairlead::udp
