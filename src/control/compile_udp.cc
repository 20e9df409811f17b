#include "control/compile_udp.h"

#include <algorithm>

#include "config/references.h"

namespace fairlead::control {

void UdpCompiler::compile(const config::OtherObjects& objects, routing::RoutingSnapshot& snapshot,
                          config::Diagnostics& diagnostics) {
  ++version_;
  for (const std::string& name : entry_points_) snapshot.udp.push_back({name, {}, {}, nullptr});
  // In the order of names, so that of several on one entry point the greatest stays.
  for (const auto& [name, object] : objects.udp_routers) {
    config::Diagnostics ignored;  // validation has judged it
    auto spec = config::stream_spec<config::UdpRouterSpec>(object, "", name, ignored);
    add_router(name, spec, objects, snapshot, diagnostics);
  }
  std::erase_if(services_, [&](const auto& entry) { return entry.second.used_by != version_; });
}

void UdpCompiler::add_router(const std::string& name, const config::UdpRouterSpec& spec,
                             const config::OtherObjects& objects,
                             routing::RoutingSnapshot& snapshot, config::Diagnostics& diagnostics) {
  ServicePtr made = service(spec.service, objects);
  if (made == nullptr) return;  // reported by validation
  for (const std::string& entry_point : spec.entry_points) {
    auto at = std::ranges::find(snapshot.udp, entry_point, &routing::UdpEntryPoint::name);
    if (at == snapshot.udp.end()) continue;
    if (at->service != nullptr) {
      diagnostics.push_back({config::Severity::warning,
                             std::string(config::provider_of(at->router)),
                             "UDP router " + at->router, "entryPoints",
                             "is without effect on " + entry_point + ": " + name +
                                 " is there too, and UDP has no rules to tell them apart"});
    }
    *at = {entry_point, name, spec.service, made};
  }
}

UdpCompiler::ServicePtr UdpCompiler::service(const std::string& name,
                                             const config::OtherObjects& objects) {
  MadeService& made = services_[name];
  if (made.used_by == version_) return made.made;
  auto found = objects.udp_services.find(name);
  if (found == objects.udp_services.end()) return nullptr;  // reported by validation
  made.used_by = version_;                                  // validation has refused loops
  config::Diagnostics ignored;
  auto spec = config::stream_spec<config::UdpServiceSpec>(found->second, "", name, ignored);
  std::vector<ServicePtr> children;
  for (const config::WeightedRef& child : spec.services)
    children.push_back(service(child.name, objects));
  if (made.made != nullptr && made.spec == found->second && made.children == children)
    return made.made;
  made.spec = found->second;
  made.children = std::move(children);
  made.made = make_service(spec, made);
  return made.made;
}

UdpCompiler::ServicePtr UdpCompiler::make_service(const config::UdpServiceSpec& spec,
                                                  const MadeService& made) const {
  if (spec.is_weighted) {
    std::vector<udp::WeightedChild> children;
    for (size_t i = 0; i < made.children.size(); ++i) {
      if (made.children[i] != nullptr)
        children.push_back({made.children[i], spec.services[i].weight});
    }
    return std::make_shared<udp::WeightedService>(std::move(children), made.state);
  }
  std::vector<udp::ServerPtr> servers;
  for (const std::string& address : spec.servers) {
    if (auto server = tcp::parse_server(address))
      servers.push_back(std::make_shared<const tcp::Server>(std::move(*server)));
  }
  return std::make_shared<udp::LoadBalancer>(std::move(servers), made.state);
}

}  // namespace fairlead::control
