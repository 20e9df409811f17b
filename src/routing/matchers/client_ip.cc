// ClientIP(`10.0.0.0/8`): the socket's peer (after PROXY protocol) is this address or in this
// network. Header fields such as X-Forwarded-For are never asked.
#include "routing/matchers/matcher_type.h"
#include "routing/network.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

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
  if (!network) {
    return std::unexpected("ClientIP " + quote_literal(arguments[0]) +
                           " is neither an IP address nor a network such as 10.0.0.0/8");
  }
  return Matcher{std::make_unique<ClientIp>(arguments[0], *network), {}};
}

}  // namespace

extern const MatcherType client_ip;
const MatcherType client_ip{"ClientIP", 1, 1, make};

}  // namespace fairlead::routing::matchers
