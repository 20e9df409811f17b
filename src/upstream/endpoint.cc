#include "upstream/endpoint.h"

#include <charconv>

namespace fairlead::upstream {
namespace {

std::unexpected<std::string> wrong(std::string_view url, std::string_view what) {
  return std::unexpected("server URL \"" + std::string(url) + "\" " + std::string(what));
}

bool read_port(std::string_view text, uint16_t& port) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

}  // namespace

std::expected<Endpoint, std::string> parse_endpoint(std::string_view url, bool preserves_path) {
  Endpoint endpoint;
  endpoint.url = url;
  size_t colon = url.find("://");
  if (colon == url.npos) return wrong(url, "has no scheme; write http://HOST:PORT");
  endpoint.scheme = url.substr(0, colon);
  std::string_view rest = url.substr(colon + 3);
  if (endpoint.scheme == "unix") {
    Result<io::Address> path = io::Address::unix_path(rest);
    if (!path) return wrong(url, "has no usable socket path");
    endpoint.address = *path;
    endpoint.authority = "localhost";
    endpoint.host = rest;
    return endpoint;
  }
  if (endpoint.scheme != "http" && endpoint.scheme != "https" && endpoint.scheme != "h2c") {
    return wrong(url, "has an unknown scheme; known are http, https, h2c and unix");
  }
  if (endpoint.scheme == "https") endpoint.protocol = Protocol::https;
  if (endpoint.scheme == "h2c") endpoint.protocol = Protocol::h2c;
  size_t slash = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, slash);
  if (preserves_path && slash != rest.npos && rest[slash] == '/')
    endpoint.path = rest.substr(slash);
  if (authority.empty() || authority.find('@') != authority.npos) return wrong(url, "has no host");
  endpoint.authority = authority;
  endpoint.port = endpoint.scheme == "https" ? 443 : 80;
  size_t bracket = authority.find(']');
  size_t port_at = authority.find(':', bracket == authority.npos ? 0 : bracket);
  std::string_view host = authority.substr(0, port_at);
  if (port_at != authority.npos && !read_port(authority.substr(port_at + 1), endpoint.port)) {
    return wrong(url, "has a bad port");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong(url, "has no host");
  endpoint.host = host;
  if (Result<io::Address> number = io::Address::parse(host, endpoint.port))
    endpoint.address = *number;
  return endpoint;
}

}  // namespace fairlead::upstream
