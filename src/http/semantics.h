// THE place for what a message means: framing, Host, hop-by-hop fields, path normalisation,
// smuggling checks. Every protocol version passes through here, in both directions; a message that
// passes is safe for every later file. RFC 9110, RFC 9112 §3, §6; the desync checklist. Pure
// functions on heads, arena for rewritten text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::http {

// The switches of an entry point (Traefik's names and defaults, reference 1a).
struct RequestPolicy {
  bool allows_encoded_slash = true;
  bool allows_encoded_back_slash = true;
  bool allows_encoded_null_character = true;
  bool allows_encoded_semicolon = true;
  bool allows_encoded_percent = true;
  bool allows_encoded_question_mark = true;
  bool allows_encoded_hash = true;
  bool sanitizes_path = true;  // collapse "//", resolve "." and ".."
  bool encodes_query_semicolons = false;
  enum class Underscores : uint8_t { keep, remove, reject } underscores = Underscores::keep;
};

// After the codec's syntax checks: decides body_kind and content_length, expects_continue,
// is_keep_alive, wants_upgrade/upgrade; fills authority, host, path, query (percent-normalised, dot
// segments resolved). Any ambiguity is an error (400/501/417/505 by proxy/error_reply.cc), after
// which the connection must be closed.
Result<void> check_request(RequestHead& head, Arena& arena, const RequestPolicy& policy);

// For responses from an upstream to a request with this method: decides body_kind, content_length,
// is_keep_alive. CL with TE: takes TE, drops CL and the connection is not reused. Broken framing is
// an error (502).
Result<void> check_response(ResponseHead& head, Method request_method, bool is_upgrade_expected);

// Removes Connection and the fields it names (never framing, Host, or X-Forwarded-*), Keep-Alive,
// Proxy-Connection, Proxy-Authorization/-Authenticate only as RFC 9110 §7.6.1 demands, TE, Trailer,
// Transfer-Encoding, Upgrade, HTTP2-Settings, and `Proxy` (httpoxy). Keeps Content-Length for the
// codec to drop. `keeps_te_trailers` is set when the client said "TE: trailers".
// Of what Connection names, `later` stays for now (at most its first 32): bit i of `postponed` says
// that later[i] was named and has to go before the message leaves this hop.
struct HopByHop {
  bool had_te_trailers = false;
  uint32_t postponed = 0;
};
HopByHop strip_hop_by_hop(HeaderMap& headers, std::span<const std::string> later = {});

// What matchers see: every %XX that is not an RFC 3986 reserved character decoded, the others
// upper-cased. Returns the input itself when nothing changes.
std::string_view routing_path(std::string_view path, Arena& arena);

// "a.example:80" → {"a.example", 80}; IPv6 in brackets is returned without them. Syntax errors:
// bad_host.
struct HostPort {
  std::string_view host;
  uint16_t port = 0;  // 0 when absent
};
Result<HostPort> split_host_port(std::string_view authority);

}  // namespace fairlead::http
