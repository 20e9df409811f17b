#include "cmd/fairlead/settings.h"

#include "middleware/middleware_type.h"
#include "upstream/balancer.h"

namespace fairlead::command {
namespace {

constexpr const char* kInternalServices[] = {
    "api@internal",  "dashboard@internal",  "ping@internal", "ready@internal",
    "noop@internal", "prometheus@internal", "rest@internal", "acme-http@internal"};

std::string canonical_type(std::string_view type) {
  const middleware::MiddlewareType* known = middleware::find_middleware(type);
  return std::string(known ? known->name : type);
}

config::Fault check_strategy(std::string_view strategy) {
  if (upstream::find_balancer(strategy)) return std::nullopt;
  return "there is no strategy \"" + std::string(strategy) + "\"";
}

}  // namespace

config::EntryPointDefaults entry_point_defaults(const config::StaticConfig& config) {
  config::EntryPointDefaults out;
  for (const auto& [name, entry_point] : config.entry_points) {
    config::EntryPointDefaults::EntryPoint& one = out.entry_points.emplace_back();
    one.name = name;
    one.is_udp = entry_point.listen.is_udp;
    one.is_default = entry_point.is_default;
    one.middlewares = entry_point.http.middlewares;
    one.tls = entry_point.http.tls;
    // Only what differs from the defaults adds anything to a router.
    const config::EntryPointObservability& observed = entry_point.observability;
    if (!observed.has_access_logs) one.observability.access_logs = false;
    if (!observed.has_metrics) one.observability.metrics = false;
    if (!observed.has_tracing) one.observability.tracing = false;
    if (observed.trace_verbosity != "minimal") {
      one.observability.trace_verbosity = observed.trace_verbosity;
    }
  }
  return out;
}

config::MergeSettings merge_settings(const config::StaticConfig& config) {
  return {config.providers.precedence, entry_point_defaults(config), canonical_type};
}

config::ValidateSettings validate_settings(const config::StaticConfig& config) {
  config::ValidateSettings out;
  for (const auto& [name, entry_point] : config.entry_points) {
    (entry_point.listen.is_udp ? out.udp_entry_points : out.entry_points).insert(name);
  }
  for (const char* service : kInternalServices) out.internal_services.insert(service);
  if (config.certificates_resolvers) {
    for (const auto& resolver : config.certificates_resolvers->members) {
      out.cert_resolvers.insert(resolver.key);
    }
  }
  out.check_strategy = check_strategy;
  return out;
}

}  // namespace fairlead::command
