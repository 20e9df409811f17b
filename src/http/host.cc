// Which host a request is for (RFC 9110 §7.2, RFC 9112 §3.2). Stricter than uri-host: a registered
// name is letters, digits and "-._~", because what else the grammar allows has no use in DNS and is
// reflected by too many services.
#include <algorithm>

#include <arpa/inet.h>

#include "http/ascii.h"
#include "http/semantics_parts.h"

namespace fairlead::http {
namespace {

constexpr size_t kNameBytes = 255;
constexpr size_t kAddressBytes = 45;  // INET6_ADDRSTRLEN - 1

bool is_ipv6(std::string_view text) {
  if (text.empty() || text.size() > kAddressBytes) return false;
  char terminated[kAddressBytes + 1];
  *std::ranges::copy(text, terminated).out = '\0';
  in6_addr address;
  return inet_pton(AF_INET6, terminated, &address) == 1;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameBytes || text.front() == '.') return false;
  bool was_dot = false;
  for (char c : text) {
    if (!is_unreserved(c) || (c == '.' && was_dot)) return false;
    was_dot = c == '.';
  }
  return true;
}

bool read_port(std::string_view text, uint16_t& port) {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  port = static_cast<uint16_t>(value);
  return value >= 1 && value <= 65535;
}

std::string_view lower_copy(std::string_view text, Arena& arena) {
  bool has_upper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!has_upper) return text;
  char* to = arena.take_chars(text.size());
  std::ranges::transform(text, to, to_lower);
  return {to, text.size()};
}

}  // namespace

Result<HostPort> split_host_port(std::string_view authority) {
  HostPort parts;
  size_t colon = authority.find(':');
  if (authority.starts_with('[')) {
    size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return fail(Code::bad_host);
    parts.host = authority.substr(1, bracket - 1);
    if (!is_ipv6(parts.host)) return fail(Code::bad_host);
    colon = bracket + 1 == authority.size() ? std::string_view::npos : bracket + 1;
    if (colon != std::string_view::npos && authority[colon] != ':') return fail(Code::bad_host);
  } else {
    parts.host = authority.substr(0, colon);
    if (!is_name(parts.host)) return fail(Code::bad_host);
  }
  if (colon != std::string_view::npos && !read_port(authority.substr(colon + 1), parts.port)) {
    return fail(Code::bad_host);
  }
  return parts;
}

Code place_host(RequestHead& head, const DecisiveFields& fields, std::string_view target_authority,
                Arena& arena) {
  // HTTP/2 and later: the codec put :authority here.
  bool is_streamed = head.version >= Version::http2;
  if (is_streamed && !head.authority.empty()) target_authority = head.authority;
  head.authority = head.host = {};
  if (fields.hosts > 1) return Code::bad_host;
  if (fields.hosts == 0 && target_authority.empty()) {
    return head.version == Version::http10 ? Code::ok : Code::bad_host;
  }
  if (fields.hosts == 0 && head.version == Version::http11) return Code::bad_host;
  std::string_view authority = fields.hosts == 1 ? fields.host->value : target_authority;
  if (!target_authority.empty() && !equals_ignore_case(authority, target_authority)) {
    return Code::bad_host;
  }
  Result<HostPort> parts = split_host_port(authority);
  if (!parts) return Code::bad_host;
  head.authority = authority;
  head.host = lower_copy(parts->host, arena);
  if (head.host.ends_with('.')) head.host.remove_suffix(1);
  return Code::ok;
}

}  // namespace fairlead::http
