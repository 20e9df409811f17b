// The UDP part of a snapshot: one service for each UDP entry point. Whose turn it is survives
// reloads. Control thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/stream_specs.h"
#include "routing/snapshot.h"
#include "udp/service.h"

namespace fairlead::control {

class UdpCompiler {
 public:
  explicit UdpCompiler(std::vector<std::string> entry_points)
      : entry_points_(std::move(entry_points)) {}

  void compile(const config::OtherObjects& objects, routing::RoutingSnapshot& snapshot,
               config::Diagnostics& diagnostics);

 private:
  using ServicePtr = std::shared_ptr<const udp::Service>;

  struct MadeService {
    config::OpaqueSpec spec;
    std::vector<ServicePtr> children;
    ServicePtr made;
    std::shared_ptr<upstream::BalancerState> state = std::make_shared<upstream::BalancerState>();
    uint64_t used_by = 0;
  };

  ServicePtr service(const std::string& name, const config::OtherObjects& objects);
  ServicePtr make_service(const config::UdpServiceSpec& spec, const MadeService& made) const;
  void add_router(const std::string& name, const config::UdpRouterSpec& spec,
                  const config::OtherObjects& objects, routing::RoutingSnapshot& snapshot,
                  config::Diagnostics& diagnostics);

  std::vector<std::string> entry_points_;
  uint64_t version_ = 0;
  std::map<std::string, MadeService> services_;
};

}  // namespace fairlead::control
