// The table of TCP matchers: one row for each line of list.inc.
#include "routing/rule_names.h"
#include "routing/tcp_matchers/tcp_matcher_type.h"

namespace fairlead::routing {

namespace matchers {
#define FAIRLEAD_TCP_MATCHER(name) extern const TcpMatcherType name;
#include "routing/tcp_matchers/list.inc"
#undef FAIRLEAD_TCP_MATCHER
}  // namespace matchers

namespace {

constinit const TcpMatcherType* const kMatchers[] = {
#define FAIRLEAD_TCP_MATCHER(name) &matchers::name,
#include "routing/tcp_matchers/list.inc"
#undef FAIRLEAD_TCP_MATCHER
};

}  // namespace

const TcpMatcherType* find_tcp_matcher(std::string_view name) {
  for (const TcpMatcherType* type : kMatchers) {
    if (is_spelling_of(name, type->name)) return type;
  }
  return nullptr;
}

std::span<const TcpMatcherType* const> all_tcp_matchers() { return kMatchers; }

}  // namespace fairlead::routing
