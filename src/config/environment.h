// Static configuration from environment variables: TRAEFIK_… and FAIRLEAD_…, upper-case keys joined
// by "_"
// ("TRAEFIK_ENTRYPOINTS_WEB_ADDRESS"). Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "config/node.h"

namespace fairlead::config {

using Environment = std::vector<std::pair<std::string, std::string>>;

// The tree of all variables that name an option; FAIRLEAD_ wins over TRAEFIK_. An unknown key below
// a known root is an error; an unknown root is left alone, with a warning when it resembles a known
// one. Free names (entry points) come out in lower case unless the variable has lower-case letters;
// where "_" could end a name in several places, the longest known tail wins.
Node read_environment(const Environment& environment, Diagnostics& diagnostics);

// The path in "TRAEFIK_CONFIGFILE" or "FAIRLEAD_CONFIGFILE", or "".
std::string config_file_of(const Environment& environment);

}  // namespace fairlead::config
