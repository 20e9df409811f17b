// Option `statusCode` of middlewares that refuse requests which are too many: 429 unless it says
// otherwise (ingress-nginx answers 503).
#pragma once

#include <cstdint>

#include "config/reader.h"

namespace fairlead::middleware {

inline unsigned read_refusal_status(config::Reader& options) {
  int64_t status = 429;
  options.read("statusCode", status);
  if (status >= 400 && status <= 599) return static_cast<unsigned>(status);
  options.error("statusCode", "expects a status from 400 to 599");
  return 429;
}

}  // namespace fairlead::middleware
