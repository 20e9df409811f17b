#include <charconv>

#include "config/entry_point.h"

namespace fairlead::config {
namespace {

std::string quote(std::string_view text) { return "\"" + std::string(text) + "\""; }

// Takes "/tcp" or "/udp" off the end.
std::expected<bool, std::string> take_protocol(std::string_view& text) {
  size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return false;
  std::string protocol(text.substr(slash + 1));
  for (char& c : protocol) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  text = text.substr(0, slash);
  if (protocol == "tcp") return false;
  if (protocol == "udp") return true;
  return std::unexpected("unknown protocol " + quote(protocol) + "; use /tcp or /udp");
}

std::expected<uint16_t, std::string> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::unexpected(quote(text) + " is not a port; use a number from 0 to 65535");
  }
  return port;
}

}  // namespace

std::string ListenAddress::text() const {
  bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + (is_udp ? "/udp" : "");
}

std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text) {
  auto is_udp = take_protocol(text);
  if (!is_udp) return std::unexpected(is_udp.error());
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::unexpected(quote(text) + " has no port; write [host]:port, such as \":80\"");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return std::unexpected("put an IPv6 address in brackets, such as \"[::1]:80\"");
  }
  if (host.find_first_of(" \t/") != std::string_view::npos) {
    return std::unexpected(quote(host) + " is not a host");
  }
  auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::unexpected(port.error());
  return ListenAddress{std::string(host), *port, *is_udp};
}

}  // namespace fairlead::config
