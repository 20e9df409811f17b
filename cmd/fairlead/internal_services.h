// The services that exist without being configured: "ping@internal" and the like.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "admin/state.h"
#include "config/static_config.h"
#include "observe/metrics.h"
#include "observe/tail.h"
#include "pipeline/middleware.h"

namespace fairlead {

using InternalServices = std::map<std::string, std::shared_ptr<const pipeline::Handler>>;

// `state`, `metrics` and `tail` outlive them.
InternalServices internal_services(const config::StaticConfig& config, const admin::State& state,
                                   observe::Metrics& metrics, observe::Tail& tail);

}  // namespace fairlead
