// Header(`X-Plan`, `gold`): some field of that name has exactly this value.
#include "routing/matchers/field_values.h"
#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class Header final : public Predicate {
 public:
  explicit Header(std::span<const std::string> arguments)
      : written_{arguments[0], arguments[1]}, values_(arguments[0]) {}

  bool matches(const MatchContext& context) const override {
    return values_.any(context.head.headers,
                       [this](std::string_view value) { return value == written_[1]; });
  }
  std::string text() const override { return call_text("Header", written_); }

 private:
  std::string written_[2];
  FieldValues values_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  if (auto fault = FieldValues::fault_of(arguments[0]); !fault.empty())
    return std::unexpected(fault);
  return Matcher{std::make_unique<Header>(arguments), {}};
}

}  // namespace

extern const MatcherType header;
const MatcherType header{"Header", 2, 2, make};

}  // namespace fairlead::routing::matchers
