// Names of cookies in Set-Cookie (RFC 6265 §4.1). Pure.
#pragma once

#include <string_view>

namespace fairlead::middleware {

// "id=1; Path=/" → "id"; "" when malformed.
inline std::string_view cookie_name(std::string_view set_cookie) {
  size_t equals = set_cookie.find('=');
  if (equals == std::string_view::npos || set_cookie.find(';') < equals) return {};
  std::string_view name = set_cookie.substr(0, equals);
  while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  return name;
}

}  // namespace fairlead::middleware
