// Which files make up the configuration, and which directories to watch so that no change of them
// is missed: also those that symbolic links lead through, so that swapping a link (a ConfigMap
// update, a deployment's "current") is seen. Looks at the file system, keeps nothing.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostics.h"

namespace fairlead::providers::file {

struct Survey {
  std::vector<std::string> files;        // sorted
  std::vector<std::string> directories;  // sorted, without repetition
  config::Diagnostics diagnostics;
};

// One file, whether it exists or not.
Survey survey_file(const std::string& path);
// Every .yml, .yaml, .toml and .json below it, but nothing whose name starts with a dot (editors'
// and ConfigMaps' own).
Survey survey_directory(const std::string& path);

}  // namespace fairlead::providers::file
