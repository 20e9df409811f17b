// Reads a Compose file as the Docker provider would see its services once they run, so that labels
// can be judged before. Pure but for the environment it substitutes.
#pragma once

#include <string>

#include "cmd/fairlead/options.h"
#include "config/dynamic.h"

namespace fairlead::command {

// Whether the document has services with an image, a build or labels.
bool is_compose_file(const config::Node& document);

config::Fragment compose_fragment(const config::Node& document, const std::string& path,
                                  const config::StaticConfig& config, const Surroundings& around);

}  // namespace fairlead::command
