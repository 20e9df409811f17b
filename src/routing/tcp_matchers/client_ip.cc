// ClientIP(`10.0.0.0/8`): the socket's peer (after PROXY protocol) is this address or in this
// network.
#include "routing/network.h"
#include "routing/rule_literal.h"
#include "routing/tcp_matchers/tcp_matcher_type.h"

namespace fairlead::routing::matchers {

namespace {

class TcpClientIp final : public TcpPredicate {
 public:
  TcpClientIp(std::string written, Network network)
      : written_(std::move(written)), network_(network) {}

  bool matches(const TcpMatchContext& context) const override {
    return network_.contains(context.peer.ip_bytes());
  }
  std::string text() const override { return call_text("ClientIP", {&written_, 1}); }

 private:
  std::string written_;
  Network network_;
};

std::expected<TcpMatcher, std::string> make(const std::string& argument) {
  auto network = parse_network(argument);
  if (!network) {
    return std::unexpected("ClientIP " + quote_literal(argument) +
                           " is neither an IP address nor a network such as 10.0.0.0/8");
  }
  return TcpMatcher{std::make_unique<TcpClientIp>(argument, *network), {}};
}

}  // namespace

extern const TcpMatcherType tcp_client_ip;
const TcpMatcherType tcp_client_ip{"ClientIP", make};

}  // namespace fairlead::routing::matchers
