// Where requests of a service go: one server with its address, weight and the identity of its pool.
// Immutable, part of a RoutingSnapshot; everything that changes (connections, health) is found
// through its slots.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/address.h"
#include "io/worker_context.h"
#include "upstream/endpoint_load.h"
#include "upstream/health.h"

namespace fairlead::upstream {

enum class Protocol : uint8_t {
  http1,  // http, unix
  h2c,    // HTTP/2 on clear text, without asking first (RFC 9113 §3.3)
  https,  // TLS; the handshake decides the version of HTTP
};

struct Endpoint {
  std::string url;     // as configured, "http://10.0.0.2:80"
  std::string scheme;  // http, https, h2c, unix
  Protocol protocol = Protocol::http1;
  std::string host;  // a name or number, without brackets; the path for unix
  uint16_t port = 0;
  std::string authority;  // "10.0.0.2:80": what goes into Host when passHostHeader is off
  std::string path;       // prefix when preservePath, else ""
  std::optional<io::Address> address;  // known already: a number or a Unix path
  int64_t weight = 1;
  bool is_fenced = false;
  io::SlotId pool;                         // per worker: upstream::Pool
  std::shared_ptr<EndpointHealth> health;  // shared by all workers; null: always well

  std::shared_ptr<EndpointLoad> load;  // null unless the strategy asks for it

  bool takes_requests(io::TimePoint now) const { return health == nullptr || health->takes(now); }
};

// Reads "scheme://host[:port][/path]"; what is wrong, for people. Slots and weight are left to the
// caller.
std::expected<Endpoint, std::string> parse_endpoint(std::string_view url, bool preserves_path);

}  // namespace fairlead::upstream
