#include "providers/docker/endpoint.h"

namespace fairlead::providers::docker {

namespace {

using Parsed = std::expected<Endpoint, std::string>;

Parsed at_socket(std::string_view path) {
  if (!path.starts_with('/')) {
    return std::unexpected("a Unix socket needs an absolute path: unix:///var/run/docker.sock");
  }
  return Endpoint{"http://docker", std::string(path), ""};
}

std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

bool has_port(std::string_view authority) {
  size_t bracket = authority.rfind(']');
  return authority.find(':', bracket == authority.npos ? 0 : bracket) != authority.npos;
}

Parsed over_tcp(std::string_view scheme, std::string_view rest, std::string_view default_port) {
  while (rest.ends_with('/')) rest.remove_suffix(1);
  std::string_view authority = rest.substr(0, rest.find('/'));
  std::string host = host_of(authority);
  if (host.empty() || authority.find('@') != authority.npos) {
    return std::unexpected(
        "an endpoint over TCP is written tcp://host:port; user and password "
        "have options of their own");
  }
  std::string url = std::string(scheme) + "://" + std::string(authority);
  if (!default_port.empty() && !has_port(authority)) url += ":" + std::string(default_port);
  return Endpoint{url + std::string(rest.substr(authority.size())), "", std::move(host)};
}

}  // namespace

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, bool uses_tls) {
  if (text.starts_with('/')) return at_socket(text);
  size_t colon = text.find("://");
  std::string_view scheme = text.substr(0, colon == text.npos ? 0 : colon);
  std::string_view rest = colon == text.npos ? text : text.substr(colon + 3);
  if (scheme == "unix") return at_socket(rest);
  if (scheme == "tcp") {
    return uses_tls ? over_tcp("https", rest, "2376") : over_tcp("http", rest, "2375");
  }
  if (scheme == "http") return over_tcp(uses_tls ? "https" : "http", rest, "");
  if (scheme == "https") return over_tcp("https", rest, "");
  if (scheme == "ssh") {
    return std::unexpected(
        "ssh:// is not supported; forward the socket (ssh -nNT -L "
        "/run/remote-docker.sock:/var/run/docker.sock user@host) and use "
        "unix:///run/remote-docker.sock");
  }
  return std::unexpected("\"" + std::string(text) +
                         "\" is no endpoint; use unix:///path, tcp://host:port, http://… or "
                         "https://…");
}

}  // namespace fairlead::providers::docker
