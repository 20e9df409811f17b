// ClientIP(`10.0.0.0/8`): the socket's peer (after PROXY protocol) is this address or in this
// network. Header fields such as X-Forwarded-For are never asked.
#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

// The first `bits` bits of `bytes`; 4 bytes for IPv4, 16 for IPv6. IPv4-mapped networks are IPv4
// networks.
struct Network {
  unsigned char bytes[16] = {};
  unsigned size = 0;
  unsigned bits = 0;

  bool contains(std::string_view ip) const {
    if (ip.size() != size) return false;
    unsigned whole = bits / 8, rest = bits % 8;
    if (std::memcmp(ip.data(), bytes, whole) != 0) return false;
    if (rest == 0) return true;
    unsigned mask = 0xFFu << (8 - rest) & 0xFF;
    return (static_cast<unsigned char>(ip[whole]) & mask) == (bytes[whole] & mask);
  }
};

void unmap(Network& network) {
  constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (network.size != 16 || network.bits < 96 || std::memcmp(network.bytes, kMapped, 12) != 0)
    return;
  std::memmove(network.bytes, network.bytes + 12, 4);
  network.size = 4;
  network.bits -= 96;
}

std::optional<Network> parse_network(const std::string& text) {
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

class ClientIp final : public Predicate {
 public:
  ClientIp(std::string written, Network network)
      : written_(std::move(written)), network_(network) {}

  bool matches(const MatchContext& context) const override {
    return network_.contains(context.peer.ip_bytes());
  }
  std::string text() const override { return call_text("ClientIP", {&written_, 1}); }

 private:
  std::string written_;
  Network network_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  auto network = parse_network(arguments[0]);
  if (!network || arguments[0].find('\0') != std::string::npos) {
    return std::unexpected("ClientIP " + quote_literal(arguments[0]) +
                           " is neither an IP address nor a network such as 10.0.0.0/8");
  }
  return Matcher{std::make_unique<ClientIp>(arguments[0], *network), {}};
}

}  // namespace

extern const MatcherType client_ip;
const MatcherType client_ip{"ClientIP", 1, 1, make};

}  // namespace fairlead::routing::matchers
