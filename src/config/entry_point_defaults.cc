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

// Makes the router what it is on one entry point.
void put_on_entry_point(RouterSpec& router, const std::string& name, const EntryPoint& point) {
  router.entry_points = {point.name};
  std::vector<std::string> middlewares;
  for (const std::string& middleware : point.middlewares) {
    middlewares.push_back(qualify(middleware, provider_of(name)));
  }
  router.middlewares.insert(router.middlewares.begin(), middlewares.begin(), middlewares.end());
  if (!router.tls && point.tls) {
    router.tls = point.tls;
    std::string& options = router.tls->options;
    if (!options.empty() && options != "default") options = qualify(options, provider_of(name));
  }
  fill(router.observability.access_logs, point.observability.access_logs);
  fill(router.observability.metrics, point.observability.metrics);
  fill(router.observability.tracing, point.observability.tracing);
  if (router.observability.trace_verbosity.empty()) {
    router.observability.trace_verbosity = point.observability.trace_verbosity;
  }
}

// Routers that keep their name are changed in place; those that do not are gathered aside, so that
// every name given counts as taken until all routers have been seen.
class Expansion {
 public:
  Expansion(const EntryPointDefaults& defaults, DynamicConfig& config)
      : config_(config), fallback_(defaults.defaults()) {
    for (const EntryPoint& point : defaults.entry_points) {
      if (point.adds_anything()) adding_.push_back(&point);
    }
  }

  void run() {
    Routers& routers = config_.objects.routers;
    for (auto at = routers.begin(); at != routers.end(); ++at) expand(at);
    for (Routers::iterator at : replaced_) routers.erase(at);
    auto beside = routers.end();
    while (!added_.empty()) beside = routers.insert(beside, added_.extract(added_.begin()));
  }

 private:
  void expand(Routers::iterator at) {
    auto& [name, router] = *at;
    // Child routers are evaluated behind their parents and have no entry points of their own.
    if (!router.parent_refs.empty()) return;
    if (router.entry_points.empty()) router.entry_points = fallback_;
    // A router without any entry point is kept, so that validation can say why it is not routed.
    if (adding_.empty() || router.entry_points.empty()) return;
    if (router.entry_points.size() == 1) {
      const EntryPoint* point = find_adding(router.entry_points.front());
      if (point != nullptr) put_on_entry_point(router, name, *point);
      return;
    }
    std::vector<std::string> plain;
    for (const std::string& point_name : router.entry_points) {
      const EntryPoint* point = find_adding(point_name);
      if (point != nullptr) {
        add(point_name + "-" + name, router, *point);
      } else {
        plain.push_back(point_name);
      }
    }
    if (plain.empty()) replaced_.push_back(at);
    router.entry_points = std::move(plain);
  }

  const EntryPoint* find_adding(const std::string& name) const {
    auto found = std::ranges::find(adding_, name, &EntryPoint::name);
    return found == adding_.end() ? nullptr : *found;
  }

  void add(const std::string& name, const RouterSpec& router, const EntryPoint& point) {
    if (!config_.objects.routers.contains(name)) {
      size_t before = added_.size();
      auto copy = added_.try_emplace(added_.end(), name, router);
      if (added_.size() != before) return put_on_entry_point(copy->second, name, point);
    }
    config_.diagnostics.push_back(
        {Severity::error, std::string(provider_of(name)), "router " + name, "",
         "this name is needed for the copy of another router on an entry point with middlewares or "
         "TLS of its own; rename one of the two"});
  }

  DynamicConfig& config_;
  std::vector<std::string> fallback_;
  std::vector<const EntryPoint*> adding_;  // those that add anything
  Routers added_;
  std::vector<Routers::iterator> replaced_;  // by the copies on their entry points
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

void apply_entry_points(const EntryPointDefaults& defaults, DynamicConfig& config) {
  Expansion(defaults, config).run();
  fill_stream_routers(config.objects.tcp_routers, defaults.defaults());
  fill_stream_routers(config.objects.udp_routers, defaults.udp_defaults());
}

}  // namespace fairlead::config
