// The only place that names concrete providers and plugs them together.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "config/static_config.h"
#include "fetch/client.h"
#include "providers/provider.h"

namespace fairlead {

// The providers that the configuration switches on. `fetch` outlives them; `reloads` gets what
// SIGHUP should do.
void make_providers(const config::StaticConfig& config, fetch::Client& fetch,
                    std::vector<std::unique_ptr<providers::Provider>>& providers,
                    std::vector<std::function<void()>>& reloads);

}  // namespace fairlead
