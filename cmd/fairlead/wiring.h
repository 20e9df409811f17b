// The only place that names concrete providers and plugs them together.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "config/static_config.h"
#include "providers/provider.h"

namespace fairlead {

// The providers that the configuration switches on. `reloads` gets what SIGHUP should do for them.
void make_providers(const config::StaticConfig& config, std::vector<std::unique_ptr<providers::Provider>>& providers,
                    std::vector<std::function<void()>>& reloads);

}  // namespace fairlead
