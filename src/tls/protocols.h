// The application protocols (ALPN, RFC 7301) that entry points speak. The one place to change when
// a version of HTTP is added; what is offered to a client is this and what its TLS options allow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

inline constexpr bool kServesHttp2 = true;

inline constexpr std::string_view kHttp2 = "h2";
inline constexpr std::string_view kHttp1 = "http/1.1";

// In the order of preference; `wanted` empty means everything.
inline std::vector<std::string> offered_protocols(const std::vector<std::string>& wanted) {
  std::vector<std::string> offered;
  auto offer = [&](std::string_view protocol) { offered.emplace_back(protocol); };
  if (wanted.empty()) {
    if (kServesHttp2) offer(kHttp2);
    offer(kHttp1);
  }
  for (const std::string& protocol : wanted) {
    if ((protocol == kHttp2 && kServesHttp2) || protocol == kHttp1) offer(protocol);
  }
  return offered;
}

}  // namespace fairlead::tls
