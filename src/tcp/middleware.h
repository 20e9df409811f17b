// A TCP middleware decides whether a connection may go on; whatever it takes for that (a permit) it
// leaves with the connection. Immutable and shared by all workers; its live state is shared, too,
// and found again by name after a reload.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/reader.h"
#include "tcp/connection.h"

namespace fairlead::tcp {

class Middleware {
 public:
  virtual ~Middleware() = default;
  // An error closes the connection; its code is counted.
  virtual Result<void> admit(Connection& connection) const = 0;
};

// Live state that outlives reloads as long as the middleware keeps its name.
struct MiddlewareState {
  virtual ~MiddlewareState() = default;
};

struct MiddlewareType {
  std::string_view name;  // as in configuration, "ipAllowList"
  // Reads its options; faults go into the reader. Null when it cannot be made. `state` is what the
  // middleware of this name kept last, or null; may be replaced.
  std::unique_ptr<const Middleware> (*make)(config::Reader& options,
                                            std::shared_ptr<MiddlewareState>& state);
};

// Null when unknown. Names are compared without case.
const MiddlewareType* find_middleware(std::string_view name);
std::span<const MiddlewareType* const> all_middlewares();

}  // namespace fairlead::tcp
