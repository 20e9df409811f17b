// What one Ingress comes to: routers, middlewares and services under names that are only wished
// for, what it uses, and what is wrong with it. A value.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/dynamic.h"
#include "providers/kubernetes/backend_registry.h"
#include "providers/kubernetes/finding.h"

namespace fairlead::providers::kubernetes {

// A backend that routers and composite services of the part call by its index: "#0", "#1" …
struct WantedBackend {
  BackendKey key;
  BackendTuning tuning;
  std::string field;  // where it stands, for findings
};

struct IngressPart {
  // References among these are by wished name; "#n" stands for a backend.
  std::vector<std::pair<std::string, config::RouterSpec>> routers;
  std::vector<std::pair<std::string, config::MiddlewareSpec>> middlewares;
  std::vector<std::pair<std::string, config::ServiceSpec>> services;
  std::vector<std::pair<std::string, config::OpaqueSpec>> transports, tls_options;
  std::vector<std::pair<std::string, config::OpaqueSpec>> tcp_routers, tcp_services;
  std::vector<WantedBackend> backends;
  std::vector<std::string> certificates;          // keys of Secrets whose pair is to be served
  std::vector<std::string> secrets, config_maps;  // keys of everything looked at
  std::vector<std::string> watched_services;      // whose endpoints decide what it comes to
  Findings findings;

  void fault(std::string reason, std::string field, std::string message) {
    findings.push_back(
        {config::Severity::error, std::move(reason), std::move(field), std::move(message)});
  }
  void doubt(std::string reason, std::string field, std::string message) {
    findings.push_back(
        {config::Severity::warning, std::move(reason), std::move(field), std::move(message)});
  }
  // "#n" of a backend.
  std::string add_backend(BackendKey key, BackendTuning tuning, std::string field) {
    backends.push_back({std::move(key), std::move(tuning), std::move(field)});
    return "#" + std::to_string(backends.size() - 1);
  }
};

}  // namespace fairlead::providers::kubernetes
