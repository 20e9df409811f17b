// What the control plane asks other servers and what they answer. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/timer_wheel.h"

namespace fairlead::fetch {

// What went wrong: the error for code, the text for people ("GET …: Permission denied").
struct Failure {
  Error error;
  std::string text;
};

template <class T>
using Outcome = std::expected<T, Failure>;

// Certificates and keys are paths or inline PEM; "" leaves the default (the system's authorities,
// no certificate).
struct Tls {
  std::string ca, cert, key;
  bool skips_verification = false;
  bool operator==(const Tls&) const = default;
};

struct Request {
  std::string method = "GET";
  std::string url;          // http or https
  std::string target;       // "" = the URL's; what stands in the request line ("*")
  std::string unix_socket;  // connect there instead of to the URL's host
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string username, password;  // Basic, when there is a username
  Tls tls;
  io::Duration connect_timeout{10'000};
  io::Duration total_timeout{
      30'000};  // until the last byte of the answer; for streams, of its head. 0: none
  size_t max_body_bytes = 64u << 20;
  size_t max_line_bytes = 4u << 20;  // of a stream
  bool prefers_http2 = false;        // over TLS; then requests share connections
  std::string connect_to;            // "host:port" instead of the URL's, whose host names the peer
  bool uses_proxy_environment = false;  // http_proxy and its like
  bool follows_redirects = false;
  bool speaks_http2 = false;  // from the first byte (h2c), or by ALPN where there is TLS
  bool needs_fresh_connection = false;
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  bool is_success() const { return status >= 200 && status < 300; }
  // The first value of a header, compared without case; "" when absent.
  std::string_view header(std::string_view name) const;
};

}  // namespace fairlead::fetch
