// Everything a worker needs to answer requests, as of one configuration. Immutable; built on the
// control thread, reached through one pointer, pinned by exchanges, destroyed on the control
// thread. Routers that a new configuration leaves as they are, are shared with the snapshot before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "routing/router.h"
#include "routing/stream_routers.h"
#include "tls/server_policy.h"
#include "udp/service.h"

namespace fairlead::routing {

// Routers with `tls` answer only HTTPS requests, those without only HTTP ones. Null: none.
struct EntryPointRouters {
  std::string name;
  std::shared_ptr<const Router> http;
  std::shared_ptr<const Router> https;
  std::shared_ptr<const StreamRouters> streams;  // null: no TCP routers here
};

// A UDP entry point with the router that has it; its service is null when none has.
struct UdpEntryPoint {
  std::string name, router, service_name;
  std::shared_ptr<const udp::Service> service;
};

struct NamedService {
  std::shared_ptr<const std::string> name;
  std::shared_ptr<const pipeline::Handler> handler;
  bool operator==(const NamedService&) const = default;
};

struct RoutingSnapshot {
  uint64_t version = 0;
  // Every service with its qualified name, in the order of names: a request whose endpoint fails
  // asks for the newest one. Shared with the snapshot before when no service has changed.
  std::shared_ptr<const std::vector<NamedService>> services;
  std::vector<EntryPointRouters>
      entry_points;                // in the order of the static configuration, which never changes
  std::vector<UdpEntryPoint> udp;  // in the order of the static configuration
  // The same of TCP, for connections whose servers do not answer.
  std::unordered_map<std::string, std::shared_ptr<const tcp::Service>> tcp_services;
  std::shared_ptr<const tls::ServerPolicy> tls;  // null: nobody speaks TLS

  // Null when there is none of that name.
  const pipeline::Handler* service(std::string_view name) const {
    if (services == nullptr) return nullptr;
    auto at = std::ranges::lower_bound(
        *services, name, {}, [](const NamedService& one) { return std::string_view(*one.name); });
    return at != services->end() && *at->name == name ? at->handler.get() : nullptr;
  }
  // Null when the entry point has no TCP routers: then every connection is HTTP's.
  const StreamRouters* streams(size_t entry_point) const {
    if (entry_point >= entry_points.size()) return nullptr;
    return entry_points[entry_point].streams.get();
  }

  // Null when the entry point has no routers for that kind of connection.
  const Router* router(size_t entry_point, bool is_tls) const {
    if (entry_point >= entry_points.size()) return nullptr;
    const EntryPointRouters& routers = entry_points[entry_point];
    return (is_tls ? routers.https : routers.http).get();
  }
};

}  // namespace fairlead::routing
