// Where the Engine is: the option "endpoint" taken apart. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace fairlead::providers::docker {

struct Endpoint {
  std::string base_url;     // "http://docker", "https://10.0.0.5:2376": before the path
  std::string unix_socket;  // "" when over TCP
  std::string host;         // over TCP
  bool operator==(const Endpoint&) const = default;
};

// The unexpected value says what is wrong and what to write instead, for people.
std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, bool uses_tls);

}  // namespace fairlead::providers::docker
