// Lists as Traefik's API gives them: filtered, sorted, one page. Works on the finished elements, so
// that one set of rules serves every kind. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "admin/json.h"
#include "admin/query.h"

namespace fairlead::admin {

enum class Kind : uint8_t { router, service, middleware, entry_point, certificate };

struct Page {
  Json elements;
  size_t next = 1;  // X-Next-Page: 1 when this is the last one
};

// The error is the message of a 400.
std::expected<Page, std::string> list(Json elements, Kind kind, const Query& query);

}  // namespace fairlead::admin
