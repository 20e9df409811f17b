// From the static configuration to what the data plane is told: listening addresses, limits,
// policies. Pure, but for reading the host's name and CPUs.
#pragma once

#include "config/static_config.h"
#include "server/options.h"
#include "upstream/transport.h"

namespace fairlead {

server::ServerOptions server_options(const config::StaticConfig& config);
std::shared_ptr<const upstream::Transport> default_transport(const config::StaticConfig& config);

}  // namespace fairlead
