// TCP and UDP objects with their options read. The fragments carry them as opaque nodes, because
// providers and the API pass them on as they are written; whoever serves or judges one reads it
// with these. Values; pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/dynamic.h"

namespace fairlead::config {

struct TcpRouterTlsSpec : RouterTlsSpec {
  bool is_passthrough = false;
  bool operator==(const TcpRouterTlsSpec&) const = default;
};

struct TcpRouterSpec {
  std::vector<std::string> entry_points;
  std::string rule, service;
  std::vector<std::string> middlewares;
  int64_t priority = 0;  // 0: by the rule
  std::string rule_syntax;
  std::optional<TcpRouterTlsSpec> tls;
  bool operator==(const TcpRouterSpec&) const = default;
};

struct TcpServerSpec {
  std::string address;  // "10.0.0.2:5432", "[::1]:53", "db.internal:5432"
  bool uses_tls = false;
  bool operator==(const TcpServerSpec&) const = default;
};

struct TcpHealthCheckSpec {
  int64_t port = 0;  // 0: the server's
  std::string send, expect;
  Milliseconds interval{30'000}, timeout{5'000};
  std::optional<Milliseconds> unhealthy_interval;
  bool operator==(const TcpHealthCheckSpec&) const = default;
};

// Exactly one of the two kinds.
struct TcpServiceSpec {
  bool is_weighted = false;
  std::vector<TcpServerSpec> servers;
  std::string servers_transport;
  std::optional<TcpHealthCheckSpec> health_check;
  // Deprecated: they moved to the serversTransport.
  std::optional<int64_t> proxy_protocol;
  std::optional<Milliseconds> termination_delay;
  std::vector<WeightedRef> services;
  bool operator==(const TcpServiceSpec&) const = default;
};

struct TcpTransportSpec {
  Milliseconds dial_keep_alive{15'000};  // negative: none
  Milliseconds dial_timeout{30'000};
  Milliseconds termination_delay{100};  // negative: for ever
  int64_t proxy_protocol = 0;           // version; 0: no header
  std::optional<Node> tls;              // read by whoever makes client connections
  bool operator==(const TcpTransportSpec&) const = default;
};

struct UdpRouterSpec {
  std::vector<std::string> entry_points;
  std::string service;
  bool operator==(const UdpRouterSpec&) const = default;
};

struct UdpServiceSpec {
  bool is_weighted = false;
  std::vector<std::string> servers;  // addresses
  std::vector<WeightedRef> services;
  bool operator==(const UdpServiceSpec&) const = default;
};

// Each reads everything and reports what is wrong or doubtful through the reader; a reader with
// errors leaves a spec that must not be served.
void read_stream(Reader& reader, TcpRouterSpec& router);
void read_stream(Reader& reader, TcpServiceSpec& service);
void read_stream(Reader& reader, TcpTransportSpec& transport);
void read_stream(Reader& reader, UdpRouterSpec& router);
void read_stream(Reader& reader, UdpServiceSpec& service);

// What is wrong with an object, or its values; for those that were judged before.
template <class Spec>
Spec stream_spec(const OpaqueSpec& object, std::string_view word, const std::string& name,
                 Diagnostics& diagnostics) {
  Spec spec;
  Reader reader(&object.options, "", std::string(word) + " " + name, "", diagnostics);
  read_stream(reader, spec);
  return spec;
}

// HostSNI(`*`) alone comes after every rule without a priority of its own, negative ones aside.
bool is_tcp_catch_all(std::string_view rule);
int64_t effective_tcp_priority(std::string_view rule, int64_t priority);

// The usual spelling of every key, and lists for what labels write as comma-separated words: so
// that people see one form, whatever the carrier.
void make_canonical_stream(Node& node);

}  // namespace fairlead::config
