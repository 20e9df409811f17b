// Follows a Kubernetes cluster and publishes what its objects mean. While the API server is away
// the last fragment stays published; nothing is published before everything has been read once.
// Owned by whoever wires the control plane; control thread; `fetch` outlives it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/static_providers.h"
#include "fetch/client.h"
#include "providers/kubernetes/cluster_watch.h"
#include "providers/kubernetes/credentials.h"
#include "providers/kubernetes/leader.h"
#include "providers/kubernetes/reporter.h"
#include "providers/kubernetes/translator.h"
#include "providers/provider.h"

namespace fairlead::providers::kubernetes {

struct KubernetesOptions {
  AccessOptions access;
  ClusterWatch::Settings watch;
  std::string namespace_selector;  // chooses watch.namespaces at the start
  ReporterSettings report;
  Leader::Settings leader;
  io::Duration first_retry{500}, last_retry{15'000};  // of finding credentials
  Environment environment = Environment::of_process();
};

class KubernetesProvider final : public Provider {
 public:
  KubernetesProvider(KubernetesOptions options, std::unique_ptr<Translator> translator,
                     fetch::Client& fetch);
  ~KubernetesProvider() override;

  std::string_view name() const override { return name_; }
  io::Task<void> run(io::Scope& scope, FragmentSink& sink) override;

  const ObjectStore& store() const { return store_; }

 private:
  io::Task<void> follow(io::Scope& scope, FragmentSink& sink, Access access);
  bool publish(ClusterWatch& watch, io::Scope& watching, FragmentSink& sink);
  io::Task<void> choose_namespaces(ApiClient& client, io::Scope& scope);
  io::Task<void> follow_leadership(Reporter& reporter, io::Scope& scope);
  Leader::Settings leader_settings(const Access& access) const;
  void say_connection(const ClusterWatch& watch, FragmentSink& sink, const Access& access);

  KubernetesOptions options_;
  ObjectStore store_;
  std::unique_ptr<Translator> translator_;
  std::string name_;
  fetch::Client& fetch_;
  std::optional<std::string> said_trouble_;
  io::Event leadership_;
  std::string server_version_;  // " v1.34.1"
};

KubernetesOptions ingress_options(const config::KubernetesIngressConfig& config);
KubernetesOptions nginx_options(const config::KubernetesNginxConfig& config);
KubernetesOptions crd_options(const config::KubernetesCrdConfig& config);

// The providers that the configuration switches on, as the wiring wants them.
std::unique_ptr<Provider> ingress_provider(const config::KubernetesIngressConfig& config,
                                           fetch::Client& fetch);
std::unique_ptr<Provider> nginx_provider(const config::KubernetesNginxConfig& config,
                                         fetch::Client& fetch);
std::unique_ptr<Provider> crd_provider(const config::KubernetesCrdConfig& config,
                                       fetch::Client& fetch);

}  // namespace fairlead::providers::kubernetes
