// The static configuration of one start: defaults, then a file, then the environment, then flags,
// each laid over the one before. Reading it has no side effects and asks the system only through
// Surroundings. Main thread.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "config/environment.h"
#include "config/static_config.h"

namespace fairlead::command {

// What a start can see.
struct Surroundings {
  std::vector<std::string> arguments;  // behind the program's name and the command
  config::Environment environment;
  // The text of a file, or errno.
  std::function<std::expected<std::string, int>(const std::string& path)> read_file;

  std::string variable(std::string_view name) const;  // "" when unset
};

struct LoadedOptions {
  config::StaticConfig config;
  config::Node document;            // all sources laid over each other; scalars know their origin
  config::Diagnostics diagnostics;  // with an error among them `config` is not to be served
  std::string config_file;          // "" when none was found
  std::vector<std::string> arguments;  // what is no flag
  bool wants_help = false;
  Surroundings surroundings;
};

LoadedOptions load_options(Surroundings surroundings);

// This process's own.
std::expected<std::string, int> read_file(const std::string& path);
config::Environment process_environment();

}  // namespace fairlead::command
