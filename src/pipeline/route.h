// What a match yields: the router's name, its chain and its service. Immutable, part of a
// RoutingSnapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "observe/series.h"
#include "pipeline/middleware.h"

namespace fairlead::pipeline {

// What every request reads comes first: with 100,000 routers each cache line of a route is a miss.
struct Route {
  std::string name;          // qualified, "whoami@docker"
  std::string service_name;  // qualified
  std::string loop_guard;    // X-Traefik-Router of a router made from defaultRule; "" = not guarded
  std::vector<const Middleware*> chain;
  std::shared_ptr<const Handler> service;
  std::shared_ptr<const observe::Series> router_series;   // null: not counted
  std::shared_ptr<const observe::Series> service_series;  // null: not counted
  bool is_logged = true;                                  // observability.accessLogs
  bool is_measured = true;                                // observability.metrics
  bool is_internal = false;  // @internal services: not logged unless addInternals

  std::string rule;
  int64_t priority = 0;
  std::vector<std::string> middleware_names;             // qualified, in order, for explanations
  std::vector<std::shared_ptr<const Middleware>> owned;  // keeps the chain's links alive

  io::Task<Reply> run(Exchange& x) const { return Next(chain, *service)(x); }
};

}  // namespace fairlead::pipeline
