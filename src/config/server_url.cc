#include "config/server_url.h"

#include <algorithm>
#include <cctype>

#include "config/reader.h"

namespace fairlead::config {
namespace {

constexpr size_t kShown = 200;          // of a URL in a message
constexpr size_t kUnixPathBytes = 108;  // of sockaddr_un, with its end

// Whether the text is the word, whatever its case.
bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(
      text, word, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool is_host_char(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_';
}

bool is_literal_char(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.' || c == '%';
}

bool is_port(std::string_view text) {
  auto port = parse_integer(text);
  return port && *port >= 1 && *port <= 65535 && text.front() != '+';
}

// Splits "[::1]:80" or "host:80"; false when brackets do not match.
bool split_authority(std::string_view text, std::string_view& host, std::string_view& port) {
  size_t after_host = 0;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    host = text.substr(1, close - 1);
    after_host = close + 1;
    if (!host.contains(':') || !std::ranges::all_of(host, is_literal_char)) return false;
  } else {
    after_host = std::min(text.find(':'), text.size());
    host = text.substr(0, after_host);
    if (!std::ranges::all_of(host, is_host_char)) return false;
  }
  std::string_view rest = text.substr(after_host);
  if (rest.empty()) return true;
  port = rest.substr(1);
  return rest.front() == ':' && is_port(port);
}

}  // namespace

std::optional<std::string> fault_in_server_url(std::string_view url) {
  auto wrong = [url](std::string_view why) {
    return "the server URL \"" + std::string(url.substr(0, kShown)) + "\" " + std::string(why);
  };
  size_t colon = url.find("://");
  if (colon == std::string_view::npos) {
    return wrong("has no scheme; write it like http://10.0.0.2:8080");
  }
  std::string_view scheme = url.substr(0, colon);
  if (is_word(scheme, "unix")) {
    std::string_view path = url.substr(colon + 3);
    if (path.size() > 1 && path.front() == '/' && path.size() < kUnixPathBytes) return std::nullopt;
    return wrong("needs an absolute path of at most 107 bytes; write it like unix:///run/app.sock");
  }
  if (!is_word(scheme, "http") && !is_word(scheme, "https") && !is_word(scheme, "h2c")) {
    return wrong("has a scheme other than http, https, h2c and unix");
  }
  std::string_view authority = url.substr(colon + 3);
  auto ends_authority = [](char c) { return c == '/' || c == '?' || c == '#'; };
  authority = {authority.begin(), std::ranges::find_if(authority, ends_authority)};
  if (authority.contains('@')) return wrong("holds credentials, which are never sent; remove them");
  std::string_view host, port;
  if (!split_authority(authority, host, port) || host.empty()) {
    return wrong("needs a host and optionally a port between 1 and 65535");
  }
  return std::nullopt;
}

}  // namespace fairlead::config
