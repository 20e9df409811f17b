// One server of a TCP service, what is known of it, and how it is called. The state is shared by
// the control thread, which probes, and all workers; it survives reloads that keep service and
// address.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/address.h"
#include "io/stream.h"
#include "io/worker_context.h"
#include "tls/client_context.h"

namespace fairlead::tcp {

struct ServerState {
  std::atomic<bool> is_up{true};  // what the health check says
  // Since when nobody could connect is not known; until when others are tried first is. In the
  // milliseconds of the loops' clock.
  std::atomic<int64_t> avoided_until{0};
};

struct Server {
  std::string address;  // as written
  std::string host;     // without brackets
  uint16_t port = 0;
  std::optional<io::Address> number;  // when the host is one
  bool uses_tls = false;
  std::shared_ptr<ServerState> state = std::make_shared<ServerState>();
};

// "10.0.0.2:5432", "[::1]:53", "db:5432"; or what is wrong, for people.
std::expected<Server, std::string> parse_server(std::string_view address);

// Of a TCP serversTransport.
struct Transport {
  io::Duration dial_timeout{30'000};
  io::Duration keep_alive{15'000};  // negative: none
  io::Duration termination_delay{100};
  int proxy_protocol = 0;     // version
  tls::ClientContextPtr tls;  // for servers that want it; null: it is broken, they get nothing
};

// Connected, with nothing sent yet. Names of several addresses are tried one after the other.
io::Task<Result<io::StreamPtr>> dial(io::Resolver& resolver, const Server& server,
                                     const Transport& transport, io::Scope& scope);
// TLS over a connection to a server, as its client. `scope` is the stream's.
io::Task<Result<io::StreamPtr>> begin_tls(io::StreamPtr stream, const Server& server,
                                          const Transport& transport, io::Scope& scope);

}  // namespace fairlead::tcp
