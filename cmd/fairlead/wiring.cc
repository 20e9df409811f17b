#include "cmd/fairlead/wiring.h"

#if __has_include("providers/docker/docker_provider.h")
#include "providers/docker/docker_provider.h"
#endif
#if __has_include("providers/file/file_provider.h")
#include "providers/file/file_provider.h"
#endif

namespace fairlead {

void make_providers(const config::StaticConfig& config, std::vector<std::unique_ptr<providers::Provider>>& providers,
                    std::vector<std::function<void()>>& reloads) {
#if __has_include("providers/file/file_provider.h")
  if (config.providers.file) {
    const config::FileProviderConfig& from = *config.providers.file;
    auto provider = std::make_unique<providers::file::FileProvider>(
        providers::file::FileSettings{from.filename, from.directory, from.watch});
    reloads.push_back([file = provider.get()] { file->reload(); });
    providers.push_back(std::move(provider));
  }
#endif
}

}  // namespace fairlead
