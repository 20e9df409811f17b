// HeaderRegexp(`Accept`, `json`): the expression is found in some field of that name.
#include "routing/matchers/field_values.h"
#include "routing/matchers/matcher_type.h"
#include "routing/matchers/pattern.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class HeaderRegexp final : public Predicate {
 public:
  HeaderRegexp(std::span<const std::string> arguments, Pattern pattern)
      : written_{arguments[0], arguments[1]}, values_(arguments[0]), pattern_(std::move(pattern)) {}

  bool matches(const MatchContext& context) const override {
    return values_.any(context.head.headers,
                       [this](std::string_view value) { return pattern_.is_found_in(value); });
  }
  std::string text() const override { return call_text("HeaderRegexp", written_); }

 private:
  std::string written_[2];
  FieldValues values_;
  Pattern pattern_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  if (auto fault = FieldValues::fault_of(arguments[0]); !fault.empty())
    return std::unexpected(fault);
  auto pattern = Pattern::compile(arguments[1]);
  if (!pattern) return std::unexpected(pattern.error());
  return Matcher{std::make_unique<HeaderRegexp>(arguments, std::move(*pattern)), {}};
}

}  // namespace

extern const MatcherType header_regexp;
const MatcherType header_regexp{"HeaderRegexp", 2, 2, make, true};

}  // namespace fairlead::routing::matchers
