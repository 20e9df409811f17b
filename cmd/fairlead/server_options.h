// From the static configuration to what the data plane is told: listening addresses, limits,
// policies. Pure, but for reading the host's name and CPUs.
#pragma once

#include "config/static_config.h"
#include "control/compile_transports.h"
#include "server/options.h"
#include "stapling/stapler.h"

namespace fairlead {

server::ServerOptions server_options(const config::StaticConfig& config);
control::TransportSettings transport_settings(const config::StaticConfig& config);

stapling::Settings stapling_settings(const config::StaticConfig& config);

}  // namespace fairlead
