#include "routing/network.h"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace fairlead::routing {
namespace {

void unmap(Network& network) {
  constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (network.size != 16 || network.bits < 96 || std::memcmp(network.bytes, kMapped, 12) != 0)
    return;
  std::memmove(network.bytes, network.bytes + 12, 4);
  network.size = 4;
  network.bits -= 96;
}

}  // namespace

bool Network::contains(std::string_view ip) const {
  if (ip.size() != size) return false;
  unsigned whole = bits / 8, rest = bits % 8;
  if (std::memcmp(ip.data(), bytes, whole) != 0) return false;
  if (rest == 0) return true;
  unsigned mask = 0xFFu << (8 - rest) & 0xFF;
  return (static_cast<unsigned char>(ip[whole]) & mask) == (bytes[whole] & mask);
}

std::optional<Network> parse_network(const std::string& text) {
  if (text.contains('\0')) return std::nullopt;
  size_t slash = text.find('/');
  std::string address = text.substr(0, slash);
  Network network;
  if (inet_pton(AF_INET, address.c_str(), network.bytes) == 1) {
    network.size = 4;
  } else if (inet_pton(AF_INET6, address.c_str(), network.bytes) == 1) {
    network.size = 16;
  } else {
    return std::nullopt;
  }
  network.bits = network.size * 8;
  if (slash != std::string::npos) {
    const char* first = text.data() + slash + 1;
    const char* last = text.data() + text.size();
    unsigned bits = 0;
    auto [end, fault] = std::from_chars(first, last, bits);
    if (fault != std::errc() || end != last || bits > network.bits) return std::nullopt;
    network.bits = bits;
  }
  unmap(network);
  return network;
}

}  // namespace fairlead::routing
