#include "middleware/forward_auth_origin.h"

#include <algorithm>

namespace fairlead::middleware {

std::expected<AuthAddress, std::string> parse_auth_address(std::string_view address) {
  size_t scheme_end = address.find("://");
  AuthAddress parsed;
  if (scheme_end != std::string_view::npos) parsed.scheme = address.substr(0, scheme_end);
  std::ranges::transform(parsed.scheme, parsed.scheme.begin(),
                         [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (parsed.scheme != "http" && parsed.scheme != "https") {
    return std::unexpected("must be a URL such as http://auth:9091/verify");
  }
  std::string_view rest = address.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  size_t authority_end = rest.find_first_of("/?");
  parsed.authority = rest.substr(0, authority_end);
  bool is_broken = parsed.authority.empty() || parsed.authority.find('@') != std::string::npos ||
                   std::ranges::any_of(
                       rest, [](char c) { return static_cast<uint8_t>(c) <= ' ' || c == '\x7f'; });
  if (is_broken) {
    return std::unexpected("must be a URL such as http://auth:9091/verify, without a user name");
  }
  parsed.server = parsed.scheme + "://" + parsed.authority;
  rest = authority_end == std::string_view::npos ? std::string_view() : rest.substr(authority_end);
  size_t mark = rest.find('?');
  parsed.path = rest.substr(0, mark);
  if (parsed.path.empty()) parsed.path = "/";
  parsed.has_query = mark != std::string_view::npos;
  if (parsed.has_query) parsed.query = rest.substr(mark + 1);
  return parsed;
}

std::string auth_service_name(std::string_view middleware) {
  std::string name = "forwardauth-" + std::string(middleware);
  std::ranges::replace(name, '@', '-');
  return name;
}

std::string qualified_auth_service_name(std::string_view middleware) {
  return auth_service_name(middleware) + "@internal";
}

}  // namespace fairlead::middleware
