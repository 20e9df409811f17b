// How connections to endpoints are made and used: a serversTransport together with the process-wide
// limits. Immutable, part of a RoutingSnapshot, shared by all workers.
#pragma once

#include <cstddef>

#include "http/client/client_stream.h"

namespace fairlead::upstream {

struct PoolLimits {
  size_t max_idle = 200;              // maxIdleConnsPerHost
  io::Duration idle_timeout{90'000};  // forwardingTimeouts.idleConnTimeout
};

struct Transport {
  io::Duration connect{30'000};  // forwardingTimeouts.dialTimeout
  http::UpstreamTimeouts timeouts;
  PoolLimits pool;
};

}  // namespace fairlead::upstream
