// The table of middleware types: list.inc made searchable.
#include <array>

#include "http/message.h"
#include "middleware/middleware_type.h"

namespace fairlead::middleware {
namespace {

constexpr const MiddlewareType* kTypes[] = {
#define FAIRLEAD_MIDDLEWARE(type) &types::type,
#include "middleware/list.inc"
#undef FAIRLEAD_MIDDLEWARE
};

}  // namespace

const MiddlewareType* find_middleware(std::string_view name) {
  for (const MiddlewareType* type : kTypes) {
    if (http::equals_ignore_case(type->name, name)) return type;
  }
  return nullptr;
}

std::span<const MiddlewareType* const> all_middlewares() { return kTypes; }

}  // namespace fairlead::middleware
