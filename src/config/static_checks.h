// What the options of the static configuration must satisfy together, and what follows from them
// unsaid. Used by decode_static.
#pragma once

#include <string_view>

#include "config/static_config.h"

namespace fairlead::config {

// "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8".
bool is_ip_or_network(std::string_view text);

// Adds the implicit entry points, takes addresses apart, and reports what does not fit together.
// `document` says where each value stands.
void complete_and_check(StaticConfig& config, const Node& document, Diagnostics& diagnostics);

}  // namespace fairlead::config
