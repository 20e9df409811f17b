// The table of matchers: one row for each line of list.inc.
#include "routing/matchers/matcher_type.h"
#include "routing/rule_names.h"

namespace fairlead::routing {

namespace matchers {
#define FAIRLEAD_MATCHER(name) extern const MatcherType name;
#include "routing/matchers/list.inc"
#undef FAIRLEAD_MATCHER
}  // namespace matchers

namespace {

constinit const MatcherType* const kMatchers[] = {
#define FAIRLEAD_MATCHER(name) &matchers::name,
#include "routing/matchers/list.inc"
#undef FAIRLEAD_MATCHER
};

}  // namespace

const MatcherType* find_matcher(std::string_view name) {
  for (const MatcherType* type : kMatchers) {
    if (is_spelling_of(name, type->name)) return type;
  }
  return nullptr;
}

std::span<const MatcherType* const> all_matchers() { return kMatchers; }

}  // namespace fairlead::routing
