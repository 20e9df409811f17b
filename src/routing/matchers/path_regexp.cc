// PathRegexp(`^/v[0-9]+/`): an expression found anywhere in the path.
#include "routing/matchers/matcher_type.h"
#include "routing/matchers/pattern.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class PathRegexp final : public Predicate {
 public:
  PathRegexp(std::string written, Pattern pattern)
      : written_(std::move(written)), pattern_(std::move(pattern)) {}

  bool matches(const MatchContext& context) const override {
    return pattern_.is_found_in(context.path);
  }
  std::string text() const override { return call_text("PathRegexp", {&written_, 1}); }

 private:
  std::string written_;
  Pattern pattern_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  auto pattern = Pattern::compile(arguments[0]);
  if (!pattern) return std::unexpected(pattern.error());
  return Matcher{std::make_unique<PathRegexp>(arguments[0], std::move(*pattern)), {}};
}

}  // namespace

extern const MatcherType path_regexp;
const MatcherType path_regexp{"PathRegexp", 1, 1, make, true};

}  // namespace fairlead::routing::matchers
