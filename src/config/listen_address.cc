#include <algorithm>
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

constexpr std::string_view kUnix = "unix:";
constexpr size_t kLongestPath = 107;  // sockaddr_un::sun_path, with its end

std::expected<ListenAddress, std::string> parse_unix_path(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);  // unix:///run/x.sock
  if (!path.starts_with('/')) {
    return std::unexpected("expects an absolute path behind unix:, got " + quote(path));
  }
  if (path.size() > kLongestPath) {
    return std::unexpected("a Unix socket's path has at most 107 bytes; " + quote(path) +
                           " is longer");
  }
  return ListenAddress{"", 0, false, std::string(path)};
}

}  // namespace

std::string ListenAddress::text() const {
  if (!path.empty()) return "unix:" + path;
  bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + (is_udp ? "/udp" : "");
}

std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text) {
  if (text.starts_with(kUnix)) return parse_unix_path(text.substr(kUnix.size()));
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

std::expected<std::vector<ListenAddress>, std::string> parse_listen_addresses(
    std::string_view text) {
  std::vector<ListenAddress> all;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    std::string_view one = text.substr(at, end - at);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    auto address = parse_listen_address(one);
    if (!address) return std::unexpected(address.error());
    if (!all.empty() && all.front().is_udp != address->is_udp) {
      return std::unexpected("mixes TCP and UDP; declare one entry point for each");
    }
    if (std::ranges::find(all, *address) != all.end()) {
      return std::unexpected("names " + address->text() + " twice");
    }
    all.push_back(std::move(*address));
    at = end + 1;
  }
  return all;
}

}  // namespace fairlead::config
