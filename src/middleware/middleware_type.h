// What src/middleware/<name>.cc exports: how a middleware of this type is made from its options.
// list.inc names every type; registry.cc is the table. Called on the control thread when a snapshot
// is compiled.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/reader.h"
#include "io/worker_context.h"
#include "pipeline/middleware.h"

namespace fairlead::middleware {

// What a type may ask for while it is made.
struct MakeContext {
  std::string_view name;  // qualified, "auth@docker"
  // Per-worker state that survives reloads while the middleware keeps this name and part.
  virtual io::SlotId slot(std::string_view part) = 0;
  // The middleware will ask Exchange::service() for this one (qualified): it is compiled with it.
  virtual void use_service(std::string_view qualified_name) = 0;
  virtual ~MakeContext() = default;
};

struct MiddlewareType {
  std::string_view name;  // as in configuration, "addPrefix"
  // Reads its options; faults go into the reader (reader.error(…)). Null when it cannot be made.
  std::unique_ptr<const pipeline::Middleware> (*make)(config::Reader& options,
                                                      MakeContext& context);
};

// One variable a type, defined by its file.
namespace types {
#define FAIRLEAD_MIDDLEWARE(type) extern const MiddlewareType type;
#include "middleware/list.inc"
#undef FAIRLEAD_MIDDLEWARE
}  // namespace types

// Null when unknown. Names are compared without case.
const MiddlewareType* find_middleware(std::string_view name);
// In the order of list.inc.
std::span<const MiddlewareType* const> all_middlewares();

}  // namespace fairlead::middleware
