// One try at one endpoint: connection, request, response head. The response body comes back as a
// Body that reads from the upstream as the client takes it; an upload goes on beside it in the
// exchange's scope. The pump, once.
#pragma once

#include "pipeline/exchange.h"
#include "proxy/load_balancer.h"

namespace fairlead::proxy {

struct ForwardTarget {
  const LoadBalancer& service;
  const upstream::Endpoint& endpoint;
  bool needs_fresh_connection = false;
};

io::Task<pipeline::Reply> forward(pipeline::Exchange& x, ForwardTarget target);

}  // namespace fairlead::proxy
