// Static configuration from command-line flags: "--entryPoints.web.address=:80", "-ping",
// "--log.level debug". Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/node.h"

namespace fairlead::config {

struct Flags {
  Node tree;
  std::vector<std::string> arguments;  // what is no flag
  std::string config_file;             // of --configFile
  bool wants_help = false;             // -h, --help
};

// Keys are looked up without case and come out with the documented spelling; free names keep
// theirs. A boolean or a section without "=" means true and takes no next word. Unknown keys are
// reported with the nearest known one.
Flags read_flags(std::span<const std::string> arguments, Diagnostics& diagnostics);

}  // namespace fairlead::config
