// QueryRegexp(`id`, `^[0-9]+$`): the expression is found in some decoded value of that parameter.
// With one argument: the parameter is there with an empty value, as in Query.
#include <vector>

#include "routing/matchers/matcher_type.h"
#include "routing/matchers/pattern.h"
#include "routing/matchers/query_values.h"
#include "routing/rule_literal.h"

namespace fairlead::routing::matchers {

namespace {

class QueryRegexp final : public Predicate {
 public:
  QueryRegexp(std::span<const std::string> arguments, Pattern pattern)
      : written_(arguments.begin(), arguments.end()), pattern_(std::move(pattern)) {}

  bool matches(const MatchContext& context) const override {
    return any_query_value(context.head.query, written_[0], [&](std::string_view escaped) {
      auto value = decode_query(escaped, context.arena);
      return value && pattern_.is_found_in(*value);
    });
  }
  std::string text() const override { return call_text("QueryRegexp", written_); }

 private:
  std::vector<std::string> written_;
  Pattern pattern_;
};

std::expected<Matcher, std::string> make(std::span<const std::string> arguments) {
  auto pattern = Pattern::compile(arguments.size() > 1 ? arguments[1] : "^$");
  if (!pattern) return std::unexpected(pattern.error());
  return Matcher{std::make_unique<QueryRegexp>(arguments, std::move(*pattern)), {}};
}

}  // namespace

extern const MatcherType query_regexp;
const MatcherType query_regexp{"QueryRegexp", 1, 2, make, true};

}  // namespace fairlead::routing::matchers
