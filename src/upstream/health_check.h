// An active health check of a service's servers, as configured (loadBalancer.healthCheck). A value;
// any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "io/timer_wheel.h"
#include "upstream/transport.h"

namespace fairlead::upstream {

struct HealthCheck {
  bool is_grpc = false;  // grpc.health.v1 instead of a plain request
  std::string path;      // "" = /
  std::string scheme;    // "" = the server's
  std::string hostname;  // Host; "" = the server's
  uint16_t port = 0;     // 0 = the server's
  std::string method;    // "" = GET
  int status = 0;        // 0 = 200 to 399
  io::Duration interval{30'000};
  io::Duration unhealthy_interval{30'000};  // for servers that are down
  io::Duration timeout{5'000};
  bool follows_redirects = true;
  std::vector<std::pair<std::string, std::string>> headers;
  CheckTls tls;
  unsigned rise = 1, fall = 1;  // verdicts in a row that it takes to change
  bool operator==(const HealthCheck&) const = default;
};

}  // namespace fairlead::upstream
