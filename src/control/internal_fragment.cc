#include "control/internal_fragment.h"

#include <limits>

namespace fairlead::control {
namespace {

constexpr int64_t kTop = std::numeric_limits<int64_t>::max();

config::RouterSpec router(std::string rule, std::string service, const std::string& entry_point,
                          int64_t priority) {
  config::RouterSpec spec;
  spec.rule = std::move(rule);
  spec.service = std::move(service);
  spec.entry_points = {entry_point};
  spec.priority = priority;
  return spec;
}

void add_api(const config::ApiConfig& api, config::Objects& objects) {
  if (!api.is_insecure) return;
  std::string entry_point(config::kInternalEntryPoint);
  std::string base = api.base_path == "/" ? "" : api.base_path;
  objects.routers["api"] =
      router("PathPrefix(`" + base + "/api`)", "api@internal", entry_point, kTop - 1);
  if (!api.has_dashboard) return;
  objects.routers["dashboard"] = router("Path(`/`) || PathPrefix(`" + base + "/dashboard`)",
                                        "dashboard@internal", entry_point, kTop - 2);
}

// Where an entry point's requests are sent: the port of another, or the one written down.
void add_redirection(const std::string& name, const config::EntryPointRedirect& redirect,
                     const config::StaticConfig& config, config::Objects& objects) {
  std::string port, target = redirect.to;
  if (!target.empty() && target.front() == ':') {
    port = target.substr(1);
    target = port;
  } else if (auto other = config.entry_points.find(redirect.to);
             other != config.entry_points.end()) {
    port = std::to_string(other->second.listen.port);
  }
  std::string made = name + "-to-" + target;
  config::MiddlewareSpec middleware;
  middleware.type = "redirectScheme";
  middleware.options = config::Node::map();
  auto set = [&](const char* key, std::string value) {
    middleware.options.at(key) = config::Node::text(std::move(value), "entryPoints." + name);
  };
  set("scheme", redirect.scheme);
  set("permanent", redirect.is_permanent ? "true" : "false");
  bool is_default_port =
      (redirect.scheme == "https" && port == "443") || (redirect.scheme == "http" && port == "80");
  if (!port.empty() && !is_default_port) set("port", port);
  objects.middlewares["redirect-" + made] = middleware;
  config::RouterSpec spec = router("HostRegexp(`^.+$`)", "noop@internal", name, redirect.priority);
  spec.middlewares = {"redirect-" + made};
  objects.routers[made] = std::move(spec);
}

}  // namespace

config::Fragment internal_fragment(const config::StaticConfig& config) {
  config::Fragment fragment;
  fragment.provider = "internal";
  config::Objects& objects = fragment.objects;
  if (config.ping && !config.ping->has_manual_routing) {
    objects.routers["ping"] =
        router("PathPrefix(`/ping`)", "ping@internal", config.ping->entry_point, kTop);
    objects.routers["ready"] =
        router("Path(`/ready`)", "ready@internal", config.ping->entry_point, kTop);
  }
  const auto& prometheus = config.metrics.prometheus;
  if (prometheus && !prometheus->has_manual_routing) {
    objects.routers["prometheus"] =
        router("PathPrefix(`/metrics`)", "prometheus@internal", prometheus->entry_point, kTop);
  }
  if (config.api) add_api(*config.api, objects);
  for (const auto& [name, entry_point] : config.entry_points) {
    const auto& redirect = entry_point.http.redirections.entry_point;
    if (redirect) add_redirection(name, *redirect, config, objects);
  }
  return fragment;
}

}  // namespace fairlead::control
