#include "config/entry_point_defaults.h"

#include <algorithm>

#include "config/references.h"

namespace fairlead::config {
namespace {

using EntryPoint = EntryPointDefaults::EntryPoint;
using Routers = std::map<std::string, RouterSpec>;

template <class T>
void fill(std::optional<T>& value, const std::optional<T>& from) {
  if (!value) value = from;
}

// The router as it is on one entry point.
RouterSpec on_entry_point(const RouterSpec& router, const std::string& name,
                          const EntryPoint& point) {
  RouterSpec out = router;
  out.entry_points = {point.name};
  std::vector<std::string> middlewares;
  for (const std::string& middleware : point.middlewares) {
    middlewares.push_back(qualify(middleware, provider_of(name)));
  }
  middlewares.insert(middlewares.end(), router.middlewares.begin(), router.middlewares.end());
  out.middlewares = std::move(middlewares);
  if (!out.tls && point.tls) {
    out.tls = point.tls;
    std::string& options = out.tls->options;
    if (!options.empty() && options != "default") options = qualify(options, provider_of(name));
  }
  fill(out.observability.access_logs, point.observability.access_logs);
  fill(out.observability.metrics, point.observability.metrics);
  fill(out.observability.tracing, point.observability.tracing);
  if (out.observability.trace_verbosity.empty()) {
    out.observability.trace_verbosity = point.observability.trace_verbosity;
  }
  return out;
}

class Expansion {
 public:
  Expansion(const EntryPointDefaults& defaults, DynamicConfig& config)
      : defaults_(defaults), config_(config), fallback_(defaults.defaults()) {}

  void run() {
    Routers given = std::move(config_.objects.routers);
    config_.objects.routers.clear();
    for (auto& [name, router] : given) expand(given, name, router);
  }

 private:
  void expand(const Routers& given, const std::string& name, RouterSpec& router) {
    Routers& out = config_.objects.routers;
    // Child routers are evaluated behind their parents and have no entry points of their own.
    if (!router.parent_refs.empty()) {
      out.emplace(name, std::move(router));
      return;
    }
    if (router.entry_points.empty()) router.entry_points = fallback_;
    std::vector<std::string> plain;
    for (const std::string& point_name : router.entry_points) {
      const EntryPoint* point = defaults_.find(point_name);
      if (point == nullptr || !point->adds_anything()) {
        plain.push_back(point_name);
      } else if (router.entry_points.size() == 1) {
        out.insert_or_assign(name, on_entry_point(router, name, *point));
      } else {
        add(given, point_name + "-" + name, on_entry_point(router, name, *point));
      }
    }
    // A router without any entry point is kept, so that validation can say why it is not routed.
    if (plain.empty() && !router.entry_points.empty()) return;
    router.entry_points = std::move(plain);
    out.insert_or_assign(name, std::move(router));
  }

  void add(const Routers& given, const std::string& name, RouterSpec router) {
    if (!given.contains(name) && !config_.objects.routers.contains(name)) {
      config_.objects.routers.emplace(name, std::move(router));
      return;
    }
    config_.diagnostics.push_back(
        {Severity::error, std::string(provider_of(name)), "router " + name, "",
         "this name is needed for the copy of another router on an entry point with middlewares or "
         "TLS of its own; rename one of the two"});
  }

  const EntryPointDefaults& defaults_;
  DynamicConfig& config_;
  std::vector<std::string> fallback_;
};

void fill_stream_routers(std::map<std::string, OpaqueSpec>& routers,
                         const std::vector<std::string>& defaults) {
  for (auto& [name, router] : routers) {
    Node& entry_points = router.options.at("entryPoints");
    make_word_list(entry_points);
    if (!entry_points.items.empty()) continue;
    entry_points = Node::list();
    for (const std::string& point : defaults) entry_points.items.push_back(Node::string(point));
  }
}

}  // namespace

bool EntryPointDefaults::EntryPoint::adds_anything() const {
  return !middlewares.empty() || tls || observability != ObservabilitySpec{};
}

std::vector<std::string> EntryPointDefaults::defaults() const {
  std::vector<std::string> marked, all;
  for (const EntryPoint& point : entry_points) {
    if (point.is_udp) continue;
    if (point.is_default) marked.push_back(point.name);
    if (point.name != "traefik" && point.name != "fairlead") all.push_back(point.name);
  }
  return marked.empty() ? all : marked;
}

std::vector<std::string> EntryPointDefaults::udp_defaults() const {
  std::vector<std::string> all;
  for (const EntryPoint& point : entry_points) {
    if (point.is_udp) all.push_back(point.name);
  }
  return all;
}

const EntryPoint* EntryPointDefaults::find(std::string_view name) const {
  auto found = std::ranges::find(entry_points, name, &EntryPoint::name);
  return found == entry_points.end() ? nullptr : &*found;
}

void apply_entry_points(const EntryPointDefaults& defaults, DynamicConfig& config) {
  Expansion(defaults, config).run();
  fill_stream_routers(config.objects.tcp_routers, defaults.defaults());
  fill_stream_routers(config.objects.udp_routers, defaults.udp_defaults());
}

}  // namespace fairlead::config
