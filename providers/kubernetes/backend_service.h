// From a Service and its EndpointSlices to the servers behind one of its ports. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/dynamic.h"
#include "providers/kubernetes/finding.h"
#include "providers/kubernetes/object_store.h"

namespace fairlead::providers::kubernetes {

struct BackendSettings {
  bool allows_external_names = false;
  bool has_native_lb_by_default = false;
  bool reports_node_internal_ips = false;
  bool reads_traefik_annotations = true;
  // The zone we are in: endpoints that are meant for it go first. "" when unknown.
  std::string zone;
};

// What whoever refers to the Service wants otherwise than the Service itself says.
struct BackendTuning {
  std::optional<std::string> scheme;
  std::optional<bool> is_native, is_node_port;
  std::optional<bool> passes_host_header;
  std::string strategy;
  std::optional<config::CookieSpec> sticky;
  std::string servers_transport;
  std::optional<config::HealthCheckSpec> health_check;
  std::optional<config::PassiveHealthCheckSpec> passive_health_check;
  std::optional<config::Milliseconds> flush_interval;
  std::vector<std::string> middlewares;
  bool operator==(const BackendTuning&) const = default;
};

struct BuiltBackend {
  config::ServiceSpec spec;  // without servers when there is nothing to send to: it answers 503
  Findings findings;         // their field is for the caller to fill in
  bool operator==(const BuiltBackend&) const = default;
};

// An address and a port of something that takes connections.
struct Target {
  std::string host;  // as it stands in a URL
  int32_t port = 0;
  bool is_draining = false;  // terminating, but still serving
  bool operator==(const Target&) const = default;
};

struct Targets {
  std::vector<Target> list;
  const ServicePort* port = nullptr;  // of the Service in the store
  Findings findings;
};

Targets find_targets(const ObjectStore& store, const std::string& service_key, const PortRef& port,
                     const BackendTuning& tuning, const BackendSettings& settings);
BuiltBackend build_backend(const ObjectStore& store, const std::string& service_key,
                           const PortRef& port, const BackendTuning& tuning,
                           const BackendSettings& settings);
// Annotations `service.*` of a Service, under what `tuning` says already.
void read_service_annotations(const Annotations& annotations, BackendTuning& tuning,
                              Findings& findings);
// An address that a cluster's users may not send us to: loopback, link-local, unspecified,
// multicast.
bool is_forbidden_address(const std::string& ip);

}  // namespace fairlead::providers::kubernetes
