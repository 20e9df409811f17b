// One entry point of the static configuration: where clients come in, and what holds for all of its
// routes. Values, any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/dynamic.h"
#include "config/reader.h"

namespace fairlead::config {

// "[host]:port[/tcp|/udp]" or "unix:/path", taken apart. An empty host means every address.
struct ListenAddress {
  std::string host;  // without the brackets of IPv6
  uint16_t port = 0;
  bool is_udp = false;
  std::string path = {};  // of a Unix socket; else empty
  bool operator==(const ListenAddress&) const = default;
  std::string text() const;
};
// The error is a sentence for a Diagnostic.
std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text);
// Several of them, separated by commas; all TCP (a Unix socket counts as that) or all UDP.
std::expected<std::vector<ListenAddress>, std::string> parse_listen_addresses(
    std::string_view text);

struct ForwardedHeaders {
  bool is_insecure = false;
  std::vector<std::string> trusted_ips;
  std::vector<std::string> connection;
  bool not_append_x_forwarded_for = false;
  bool adds_x_forwarded_scheme_headers = false;
  bool operator==(const ForwardedHeaders&) const = default;
};

struct ProxyProtocol {
  bool is_insecure = false;
  std::vector<std::string> trusted_ips;
  bool operator==(const ProxyProtocol&) const = default;
};

struct EntryPointRedirect {
  std::string to;  // name of an entry point, or ":port"
  std::string scheme = "https";
  bool is_permanent = true;
  int64_t priority = std::numeric_limits<int64_t>::max() - 1;
  bool operator==(const EntryPointRedirect&) const = default;
};

struct Redirections {
  std::optional<EntryPointRedirect> entry_point;
  bool operator==(const Redirections&) const = default;
};

// Which escapes a path may hold; a refused one answers 400.
struct EncodedCharacters {
  bool allows_slash = true;
  bool allows_back_slash = true;
  bool allows_null_character = true;
  bool allows_semicolon = true;
  bool allows_percent = true;
  bool allows_question_mark = true;
  bool allows_hash = true;
  bool operator==(const EncodedCharacters&) const = default;
};

struct EntryPointHttp {
  Redirections redirections;
  std::vector<std::string> middlewares;  // qualified names, in front of those of every router
  std::optional<RouterTlsSpec> tls;      // present: routers without their own `tls` get this one
  EncodedCharacters encoded_characters;
  bool encodes_query_semicolons = false;
  bool sanitizes_path = true;
  int64_t max_header_bytes = 1'048'576;
  std::string underscore_headers_strategy = "keep";  // keep, delete, reject
  bool operator==(const EntryPointHttp&) const = default;
};

struct EntryPointHttp2 {
  int64_t max_concurrent_streams = 250;
  int64_t max_decoder_header_table_size = 4096;
  int64_t max_encoder_header_table_size = 4096;
  bool operator==(const EntryPointHttp2&) const = default;
};

struct EntryPointHttp3 {
  int64_t advertised_port = 0;  // 0: the port of the entry point
  bool operator==(const EntryPointHttp3&) const = default;
};

struct EntryPointUdp {
  Milliseconds timeout{3'000};
  bool operator==(const EntryPointUdp&) const = default;
};

struct EntryPointObservability {
  bool has_access_logs = true;
  bool has_metrics = true;
  bool has_tracing = true;
  std::string trace_verbosity = "minimal";  // minimal, detailed
  bool operator==(const EntryPointObservability&) const = default;
};

// Unset: what `limits` says. 0: none.
struct RespondingTimeouts {
  std::optional<Milliseconds> read;   // the whole request with its body
  std::optional<Milliseconds> write;  // the whole response
  std::optional<Milliseconds> idle;   // between two requests of a connection
  bool operator==(const RespondingTimeouts&) const = default;
};

struct LifeCycle {
  Milliseconds request_accept_grace_timeout{0};  // keep accepting so long after SIGTERM
  std::optional<Milliseconds> grace_timeout;  // then wait so long for requests; unset: limits.drain
  bool operator==(const LifeCycle&) const = default;
};

struct EntryPointTransport {
  RespondingTimeouts responding_timeouts;
  LifeCycle life_cycle;
  int64_t keep_alive_max_requests = 0;  // 0: no limit
  Milliseconds keep_alive_max_time{0};  // 0: no limit
  bool operator==(const EntryPointTransport&) const = default;
};

struct EntryPoint {
  std::string address;                 // as written
  ListenAddress listen;                // the first of `address`, taken apart by decode_static
  std::vector<ListenAddress> further;  // the others
  std::string socket_mode = "0660";
  bool is_default = false;
  bool reuses_port = false;
  bool allows_acme_bypass = false;
  ForwardedHeaders forwarded_headers;
  std::optional<ProxyProtocol> proxy_protocol;
  EntryPointHttp http;
  EntryPointHttp2 http2;
  std::optional<EntryPointHttp3> http3;
  EntryPointUdp udp;
  EntryPointObservability observability;
  EntryPointTransport transport;
  bool operator==(const EntryPoint&) const = default;
};

}  // namespace fairlead::config
