#include "cmd/fairlead/wiring.h"

#include "providers/docker/docker_provider.h"
#include "providers/file/file_provider.h"
#include "providers/kubernetes/kubernetes_provider.h"

namespace fairlead {

void make_providers(const config::StaticConfig& config, fetch::Client& fetch,
                    std::vector<std::unique_ptr<providers::Provider>>& providers,
                    std::vector<std::function<void()>>& reloads) {
  if (config.providers.file) {
    const config::FileProviderConfig& from = *config.providers.file;
    auto provider = std::make_unique<providers::file::FileProvider>(
        providers::file::FileSettings{from.filename, from.directory, from.watch});
    reloads.push_back([file = provider.get()] { file->reload(); });
    providers.push_back(std::move(provider));
  }
  if (config.providers.docker) {
    providers.push_back(std::make_unique<providers::docker::DockerProvider>(
        providers::docker::docker_options(*config.providers.docker), fetch));
  }
  if (config.providers.kubernetes_ingress) {
    providers.push_back(
        providers::kubernetes::ingress_provider(*config.providers.kubernetes_ingress, fetch));
  }
  if (config.providers.kubernetes_ingress_nginx) {
    providers.push_back(
        providers::kubernetes::nginx_provider(*config.providers.kubernetes_ingress_nginx, fetch));
  }
  if (config.providers.kubernetes_crd) {
    providers.push_back(
        providers::kubernetes::crd_provider(*config.providers.kubernetes_crd, fetch));
  }
}

}  // namespace fairlead
