// What the data plane is told at start: entry points and limits, translated from the static
// configuration by cmd/fairlead. Values.
#pragma once

#include <string>
#include <vector>

#include "http/server/h1_connection.h"
#include "io/address.h"
#include "server/forwarded_headers.h"

namespace fairlead::server {

struct EntryPointOptions {
  std::string name;
  std::vector<io::Address> addresses;
  uint16_t port = 0;
  bool reuses_port = false;
  http::ServerSettings http;
  ForwardedHeadersPolicy forwarded;
  io::Duration request_total{0};
  io::Duration handshake{5000};  // of TLS, from its first byte
  bool is_logged = true;
  bool is_measured = true;
};

struct DrainOptions {
  io::Duration accept_grace{0};  // keep accepting this long after the signal
  io::Duration grace{10'000};    // then wait this long for requests
};

struct ServerOptions {
  unsigned workers = 1;
  std::vector<int> cpus;  // worker i is pinned to cpus[i] when not empty
  std::vector<EntryPointOptions> entry_points;
  DrainOptions drain;
};

}  // namespace fairlead::server
