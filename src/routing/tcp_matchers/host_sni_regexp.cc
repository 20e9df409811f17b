// HostSNIRegexp(`^.+\.example$`): an expression found anywhere in the lower-case server name, which
// is empty when the client sent none.
#include "routing/matchers/pattern.h"
#include "routing/rule_literal.h"
#include "routing/rule_names.h"
#include "routing/tcp_matchers/tcp_matcher_type.h"

namespace fairlead::routing::matchers {

namespace {

class HostSniRegexp final : public TcpPredicate {
 public:
  HostSniRegexp(std::string written, Pattern pattern)
      : written_(std::move(written)), pattern_(std::move(pattern)) {}

  bool matches(const TcpMatchContext& context) const override {
    return pattern_.is_found_in(context.server_name);
  }
  std::string text() const override { return call_text("HostSNIRegexp", {&written_, 1}); }

 private:
  std::string written_;
  Pattern pattern_;
};

std::expected<TcpMatcher, std::string> make(const std::string& argument) {
  if (!is_ascii(argument)) {
    return std::unexpected("HostSNIRegexp " + quote_literal(argument) +
                           " is not ASCII; server names arrive in punycode (xn--…)");
  }
  auto pattern = Pattern::compile(argument);
  if (!pattern) return std::unexpected(pattern.error());
  return TcpMatcher{std::make_unique<HostSniRegexp>(argument, std::move(*pattern)), {}};
}

}  // namespace

extern const TcpMatcherType host_sni_regexp;
const TcpMatcherType host_sni_regexp{"HostSNIRegexp", make, true};

}  // namespace fairlead::routing::matchers
