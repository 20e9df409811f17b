// HostRegexp(`^.+\.example\.com$`): an expression found anywhere in the lower-case host without
// port.
#include "routing/matchers/matcher_type.h"
#include "routing/matchers/pattern.h"
#include "routing/rule_literal.h"
#include "routing/rule_names.h"

namespace fairlead::routing::matchers {

namespace {

class HostRegexp final : public Predicate {
 public:
  HostRegexp(std::string written, Pattern pattern)
      : written_(std::move(written)), pattern_(std::move(pattern)) {}

  bool matches(const MatchContext& context) const override {
    return pattern_.is_found_in(context.head.host);
  }
  std::string text() const override { return call_text("HostRegexp", {&written_, 1}); }

 private:
  std::string written_;
  Pattern pattern_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  if (!is_ascii(arguments[0])) {
    return std::unexpected("HostRegexp " + quote_literal(arguments[0]) +
                           " is not ASCII; hosts arrive in punycode (xn--…)");
  }
  auto pattern = Pattern::compile(arguments[0]);
  if (!pattern) return std::unexpected(pattern.error());
  return Matcher{std::make_unique<HostRegexp>(arguments[0], std::move(*pattern)), {}};
}

}  // namespace

extern const MatcherType host_regexp;
const MatcherType host_regexp{"HostRegexp", 1, 1, make, true};

}  // namespace fairlead::routing::matchers
