// PathPrefix(`/api`): the path starts with these bytes; /apixyz does too, as in Traefik.
#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class PathPrefix final : public Predicate {
 public:
  explicit PathPrefix(std::string prefix) : prefix_(std::move(prefix)) {}

  bool matches(const MatchContext& context) const override {
    return context.path.starts_with(prefix_);
  }
  std::string text() const override { return call_text("PathPrefix", {&prefix_, 1}); }

 private:
  std::string prefix_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  const std::string& prefix = arguments[0];
  if (!prefix.starts_with('/')) {
    return std::unexpected("PathPrefix " + quote_literal(prefix) + " must start with /");
  }
  return Matcher{std::make_unique<PathPrefix>(prefix), {IndexHint::Kind::path_prefix, prefix}};
}

}  // namespace

extern const MatcherType path_prefix;
const MatcherType path_prefix{"PathPrefix", 1, 1, make};

}  // namespace fairlead::routing::matchers
