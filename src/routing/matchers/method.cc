// Method(`POST`): the argument in upper case equals the request's method.
#include "routing/matchers/matcher_type.h"
#include "routing/rule_literal.h"
#include "routing/rule_names.h"

namespace fairlead::routing::matchers {

namespace {

class Method final : public Predicate {
 public:
  explicit Method(const std::string& written) : written_(written), method_(to_upper(written)) {}

  bool matches(const MatchContext& context) const override {
    return context.head.method_text == method_;
  }
  std::string text() const override { return call_text("Method", {&written_, 1}); }

 private:
  std::string written_;
  std::string method_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  if (arguments[0].empty())
    return std::unexpected("Method is empty; name one, as in Method(`GET`)");
  return Matcher{std::make_unique<Method>(arguments[0]), {}};
}

}  // namespace

extern const MatcherType method;
const MatcherType method{"Method", 1, 1, make};

}  // namespace fairlead::routing::matchers
