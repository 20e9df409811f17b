// The table of TCP middlewares: one row for each line of list.inc.
#include <algorithm>

#include "tcp/middleware.h"

namespace fairlead::tcp {

namespace types {
#define FAIRLEAD_TCP_MIDDLEWARE(name) extern const MiddlewareType name;
#include "tcp/middlewares/list.inc"
#undef FAIRLEAD_TCP_MIDDLEWARE
}  // namespace types

namespace {

constinit const MiddlewareType* const kTypes[] = {
#define FAIRLEAD_TCP_MIDDLEWARE(name) &types::name,
#include "tcp/middlewares/list.inc"
#undef FAIRLEAD_TCP_MIDDLEWARE
};

}  // namespace

const MiddlewareType* find_middleware(std::string_view name) {
  for (const MiddlewareType* type : kTypes) {
    bool is_it = std::ranges::equal(type->name, name,
                                    [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    if (is_it) return type;
  }
  return nullptr;
}

std::span<const MiddlewareType* const> all_middlewares() { return kTypes; }

}  // namespace fairlead::tcp
