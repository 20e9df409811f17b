// What the static configuration itself routes: ping, readiness, metrics, the API, and redirections
// between entry points. Said as a fragment of the provider "internal", so that it shows in the API
// like everything else. Pure.
#pragma once

#include "config/dynamic.h"
#include "config/static_config.h"

namespace fairlead::control {

config::Fragment internal_fragment(const config::StaticConfig& config);

}  // namespace fairlead::control
