// From the static configuration to what merging and validating need to know. Pure.
#pragma once

#include "config/merge.h"
#include "config/static_config.h"
#include "config/validate.h"

namespace fairlead::command {

config::EntryPointDefaults entry_point_defaults(const config::StaticConfig& config);
config::MergeSettings merge_settings(const config::StaticConfig& config);
// With everything that the registries of balancers and names decide; rules and middlewares are
// checked by whoever compiles them.
config::ValidateSettings validate_settings(const config::StaticConfig& config);

}  // namespace fairlead::command
