#include "config/entry_point_defaults.h"

#include <algorithm>
#include <iterator>

#include "config/references.h"

namespace fairlead::config {
namespace {

using EntryPoint = EntryPointDefaults::EntryPoint;

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

EntryPointExpansion::EntryPointExpansion(const EntryPointDefaults& defaults)
    : fallback_(defaults.defaults()), udp_fallback_(defaults.udp_defaults()) {
  std::ranges::copy_if(defaults.entry_points, std::back_inserter(adding_),
                       &EntryPoint::adds_anything);
}

const EntryPoint* EntryPointExpansion::find_adding(const std::string& name) const {
  auto found = std::ranges::find(adding_, name, &EntryPoint::name);
  return found == adding_.end() ? nullptr : &*found;
}

PlacedRouter EntryPointExpansion::place(const std::string& name, RouterSpec router) const {
  PlacedRouter placed{std::move(router), false, {}};
  RouterSpec& plain = placed.router;
  // Child routers are evaluated behind their parents and have no entry points of their own.
  if (!plain.parent_refs.empty()) return placed;
  if (plain.entry_points.empty()) plain.entry_points = fallback_;
  // A router without any entry point is kept, so that validation can say why it is not routed.
  if (adding_.empty() || plain.entry_points.empty()) return placed;
  if (plain.entry_points.size() == 1) {
    const EntryPoint* point = find_adding(plain.entry_points.front());
    if (point != nullptr) put_on_entry_point(plain, name, *point);
    return placed;
  }
  std::vector<std::string> rest;
  for (const std::string& point_name : plain.entry_points) {
    const EntryPoint* point = find_adding(point_name);
    if (point == nullptr) {
      rest.push_back(point_name);
      continue;
    }
    auto number = static_cast<size_t>(point - adding_.data());
    placed.copies.push_back({number, point_name + "-" + name, plain});
    put_on_entry_point(placed.copies.back().router, name, *point);
  }
  placed.is_replaced = rest.empty();
  plain.entry_points = std::move(rest);
  return placed;
}

void EntryPointExpansion::place_streams(OtherObjects& objects) const {
  fill_stream_routers(objects.tcp_routers, fallback_);
  fill_stream_routers(objects.udp_routers, udp_fallback_);
}

}  // namespace fairlead::config
