// How connections to endpoints are made and used: a serversTransport together with the process-wide
// limits. Immutable, part of a RoutingSnapshot, shared by all workers.
#pragma once

#include <cstddef>
#include <string>

#include "http/client/client_stream.h"
#include "tls/client_context.h"

namespace fairlead::upstream {

struct PoolLimits {
  size_t max_idle = 200;              // maxIdleConnsPerHost
  io::Duration idle_timeout{90'000};  // forwardingTimeouts.idleConnTimeout
};

// The part of a transport that health checks need: they are made by another HTTP client.
struct CheckTls {
  std::string server_name;
  std::string authorities;       // PEM; "" = the system's
  std::string certificate, key;  // paths or PEM; the first pair
  bool skips_verify = false;
  bool operator==(const CheckTls&) const = default;
};

struct Transport {
  io::Duration connect{30'000};  // forwardingTimeouts.dialTimeout
  http::UpstreamTimeouts timeouts;
  PoolLimits pool;
  tls::ClientContextPtr tls;    // null: servers with https cannot be reached
  std::string tls_identity;     // tells pools apart: other identity, other connections
  bool disables_http2 = false;  // of https; h2c says HTTP/2 itself
  CheckTls check_tls;
};

}  // namespace fairlead::upstream
