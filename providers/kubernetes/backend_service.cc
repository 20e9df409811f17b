#include "providers/kubernetes/backend_service.h"

#include <algorithm>

#include "providers/kubernetes/naming.h"

namespace fairlead::providers::kubernetes {

namespace {

std::string scheme_of(const ServicePort& port) {
  const std::string& protocol = port.app_protocol;
  if (protocol == "kubernetes.io/h2c" || protocol == "h2c" || protocol == "grpc") return "h2c";
  if (protocol == "https" || protocol == "HTTPS" || protocol == "kubernetes.io/wss") return "https";
  if (protocol.empty() && (port.port == 443 || port.name.starts_with("https"))) return "https";
  return "http";
}

}  // namespace

BuiltBackend build_backend(const ObjectStore& store, const std::string& service_key,
                           const PortRef& port, const BackendTuning& wanted,
                           const BackendSettings& settings) {
  BuiltBackend built;
  BackendTuning tuning = wanted;
  const Service* service = store.services().find(service_key);
  if (service != nullptr && settings.reads_traefik_annotations) {
    read_service_annotations(service->annotations, tuning, built.findings);
  }
  Targets targets = find_targets(store, service_key, port, tuning, settings);
  std::ranges::move(targets.findings, std::back_inserter(built.findings));
  config::LoadBalancerSpec& balancer = built.spec.load_balancer;
  std::string scheme = tuning.scheme             ? *tuning.scheme
                       : targets.port != nullptr ? scheme_of(*targets.port)
                                                 : "http";
  for (const Target& target : targets.list) {
    balancer.servers.push_back({scheme + "://" + target.host + ":" + std::to_string(target.port), 1,
                                false, target.is_draining});
  }
  if (!tuning.strategy.empty()) balancer.strategy = tuning.strategy;
  if (tuning.passes_host_header) balancer.passes_host_header = *tuning.passes_host_header;
  balancer.sticky = tuning.sticky;
  balancer.health_check = tuning.health_check;
  balancer.passive_health_check = tuning.passive_health_check;
  balancer.servers_transport = tuning.servers_transport;
  if (tuning.flush_interval) balancer.flush_interval = *tuning.flush_interval;
  built.spec.middlewares = tuning.middlewares;
  return built;
}

}  // namespace fairlead::providers::kubernetes
