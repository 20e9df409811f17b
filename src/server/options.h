// What the data plane is told at start: entry points and limits, translated from the static
// configuration by cmd/fairlead. Values.
#pragma once

#include <string>
#include <vector>

#include "http/server/h1_connection.h"
#include "io/address.h"
#include "server/forwarded_headers.h"
#include "server/proxy_protocol.h"

namespace fairlead::server {

struct EntryPointOptions {
  std::string name;
  std::vector<io::Address> addresses;
  uint16_t port = 0;
  bool reuses_port = false;
  unsigned unix_mode = 0660;
  http::ServerSettings http;
  ForwardedHeadersPolicy forwarded;
  ProxyProtocolPolicy proxy_protocol;
  io::Duration request_total{0};
  io::Duration handshake{5000};  // of TLS, from its first byte
  io::Duration grace{10'000};    // at a stop, for requests under way
  bool is_logged = true;
  bool is_measured = true;
};

struct UdpEntryPointOptions {
  std::string name;
  std::vector<io::Address> addresses;
  bool reuses_port = false;
  io::Duration timeout{3000};   // of a session
  size_t most_sessions = 8192;  // of one worker
};

struct DrainOptions {
  io::Duration accept_grace{0};  // keep accepting this long after the signal
  io::Duration grace{10'000};    // then wait this long for requests: the most of all entry points
  // After a successor took over: requests and tunnels may go on for this long.
  io::Duration hand_over{600'000};
};

// How long a drain leaves connections to clients that are between two requests, so that the next
// one is answered, with "Connection: close".
struct DrainPatience {
  io::Duration idle{0};
  io::Duration fresh{1000};  // those that have not sent a first request
  io::Duration requests{0};  // how long those under way may go on; 0: their entry point's grace
};

struct ServerOptions {
  unsigned workers = 1;
  std::vector<int> cpus;  // worker i is pinned to cpus[i] when not empty
  std::vector<EntryPointOptions> entry_points;
  std::vector<UdpEntryPointOptions> udp_entry_points;
  DrainOptions drain;
};

}  // namespace fairlead::server
