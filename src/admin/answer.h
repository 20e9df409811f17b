// Answers of the admin services: text built here, held by the exchange until the last byte is out.
// Any worker.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/middleware.h"

namespace fairlead::admin {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kText = "text/plain; charset=utf-8";

// `content_type` is a constant. To HEAD the same head without the body.
pipeline::Response answer(pipeline::Exchange& x, unsigned status, std::string_view content_type,
                          std::string body);
// 405 with Allow, for a service that is only read.
pipeline::Response method_not_allowed(pipeline::Exchange& x);
bool is_read(const pipeline::Exchange& x);  // GET or HEAD

}  // namespace fairlead::admin
