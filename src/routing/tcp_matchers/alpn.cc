// ALPN(`mqtt`): the client's TLS offers this protocol (RFC 7301).
#include <algorithm>

#include "routing/rule_literal.h"
#include "routing/tcp_matchers/tcp_matcher_type.h"

namespace fairlead::routing::matchers {

namespace {

// Belongs to certificate authorities that check who holds a name (RFC 8737).
constexpr std::string_view kAcmeProtocol = "acme-tls/1";

class Alpn final : public TcpPredicate {
 public:
  explicit Alpn(std::string protocol) : protocol_(std::move(protocol)) {}

  bool matches(const TcpMatchContext& context) const override {
    return std::ranges::find(context.protocols, protocol_) != context.protocols.end();
  }
  std::string text() const override { return call_text("ALPN", {&protocol_, 1}); }

 private:
  std::string protocol_;
};

std::expected<TcpMatcher, std::string> make(const std::string& argument) {
  if (argument == kAcmeProtocol) {
    return std::unexpected(
        "ALPN `acme-tls/1` is not allowed: it belongs to the certificate resolvers");
  }
  if (argument.empty() || argument.size() > 255)
    return std::unexpected("ALPN " + quote_literal(argument) + " is not a protocol's name");
  return TcpMatcher{std::make_unique<Alpn>(argument), {}};
}

}  // namespace

extern const TcpMatcherType alpn;
const TcpMatcherType alpn{"ALPN", make};

}  // namespace fairlead::routing::matchers
