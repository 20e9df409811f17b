// An address or a network as rules write it. A value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::routing {

// The first `bits` bits of `bytes`; 4 bytes for IPv4, 16 for IPv6. IPv4-mapped networks are IPv4
// networks.
struct Network {
  unsigned char bytes[16] = {};
  unsigned size = 0;
  unsigned bits = 0;

  // `ip` as io::Address::ip_bytes() has it.
  bool contains(std::string_view ip) const;
};

// "10.0.0.0/8", "::1"; nothing when it is neither.
std::optional<Network> parse_network(const std::string& text);

}  // namespace fairlead::routing
