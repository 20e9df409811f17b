// Query(`debug`, `1`): some parameter of that name has this value. Query(`debug`): it is there with
// an empty value.
#include <vector>

#include "routing/matchers/matcher_type.h"
#include "routing/matchers/query_values.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class Query final : public Predicate {
 public:
  explicit Query(std::span<const std::string> arguments)
      : written_(arguments.begin(), arguments.end()),
        value_(arguments.size() > 1 ? arguments[1] : "") {}

  bool matches(const MatchContext& context) const override {
    return any_query_value(context.head.query, written_[0], [this](std::string_view escaped) {
      return decodes_to(escaped, value_);
    });
  }
  std::string text() const override { return call_text("Query", written_); }

 private:
  std::vector<std::string> written_;
  std::string value_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  return Matcher{std::make_unique<Query>(arguments), {}};
}

}  // namespace

extern const MatcherType query;
const MatcherType query{"Query", 1, 2, make};

}  // namespace fairlead::routing::matchers
