#include "providers/docker/combine.h"

#include <algorithm>
#include <utility>

namespace fairlead::providers::docker {

namespace {

using config::Node;
using config::RouterSpec;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string versus(const char* field, const std::string& a, const std::string& b) {
  return std::string(field) + " \"" + a + "\" and \"" + b + "\"";
}

// The first field in which two definitions differ, for people.
std::string difference(const RouterSpec& a, const RouterSpec& b) {
  if (a.rule != b.rule) return versus("rule", a.rule, b.rule);
  if (a.service != b.service) return versus("service", a.service, b.service);
  if (a.middlewares != b.middlewares) {
    return versus("middlewares", joined(a.middlewares), joined(b.middlewares));
  }
  if (a.entry_points != b.entry_points) {
    return versus("entrypoints", joined(a.entry_points), joined(b.entry_points));
  }
  if (a.priority != b.priority) {
    return versus("priority", std::to_string(a.priority), std::to_string(b.priority));
  }
  return "options";
}

template <class Spec>
std::string difference(const Spec&, const Spec&) {
  return "options";
}

template <class Server>
void append_new(std::vector<Server>& servers, const Server& server) {
  if (std::ranges::find(servers, server) == servers.end()) servers.push_back(server);
}

void set_servers(config::OpaqueSpec& service, const std::vector<StreamServer>& servers) {
  Node& list = service.options.at("loadBalancer").at("servers") = Node::list();
  for (const StreamServer& server : servers) {
    Node& item = list.items.emplace_back(Node::map());
    item.at("address") = Node::text(server.address);
    if (server.uses_tls) item.at("tls") = Node::text("true");
  }
}

// A container that disagrees about a service must not add its server to the other one's.
template <class Server, class Spec>
void withhold_servers(std::map<std::string, Server>& servers,
                      const std::map<std::string, Spec>& agreed,
                      const std::map<std::string, Spec>& own) {
  for (const auto& [name, spec] : own) {
    auto known = agreed.find(name);
    if (known != agreed.end() && known->second != spec) servers.erase(name);
  }
}

constexpr const char* kHttpServices = "http.services";
constexpr const char* kTcpServices = "tcp.services";
constexpr const char* kUdpServices = "udp.services";

}  // namespace

template <class Spec>
void Combiner::merge(const char* section, std::map<std::string, Spec>& into,
                     std::map<std::string, Spec>& from, const std::string& title,
                     Standing standing) {
  Claims& claims = claims_[section];
  for (auto& [name, spec] : from) {
    auto known = into.find(name);
    if (known == into.end()) {
      claims[name].titles.insert(title);
      into.emplace(name, std::move(spec));
      continue;
    }
    bool agrees = known->second == spec;
    if (!agrees && standing == Standing::yields) continue;
    Claim& claim = claims[name];
    claim.titles.insert(title);
    if (agrees || claim.is_disputed) continue;
    claim.is_disputed = true;
    claim.difference = difference(known->second, spec);
  }
}

void Combiner::add(ContainerConfig config, const std::string& title, Standing standing) {
  config::Objects& from = config.objects;
  config::Objects& into = objects_;
  withhold_servers(config.http_servers, into.services, from.services);
  withhold_servers(config.tcp_servers, into.tcp_services, from.tcp_services);
  withhold_servers(config.udp_servers, into.udp_services, from.udp_services);
  merge("http.routers", into.routers, from.routers, title, standing);
  merge(kHttpServices, into.services, from.services, title, standing);
  merge("http.middlewares", into.middlewares, from.middlewares, title, standing);
  merge("http.serverstransports", into.servers_transports, from.servers_transports, title,
        standing);
  merge("tcp.routers", into.tcp_routers, from.tcp_routers, title, standing);
  merge(kTcpServices, into.tcp_services, from.tcp_services, title, standing);
  merge("tcp.middlewares", into.tcp_middlewares, from.tcp_middlewares, title, standing);
  merge("tcp.serverstransports", into.tcp_servers_transports, from.tcp_servers_transports, title,
        standing);
  merge("udp.routers", into.udp_routers, from.udp_routers, title, standing);
  merge(kUdpServices, into.udp_services, from.udp_services, title, standing);
  merge("tls.options", into.tls_options, from.tls_options, title, standing);
  merge("tls.stores", into.tls_stores, from.tls_stores, title, standing);
  for (const auto& certificate : from.certificates) append_new(into.certificates, certificate);
  for (auto& [name, server] : config.http_servers) append_new(http_servers_[name], server);
  for (auto& [name, server] : config.tcp_servers) append_new(tcp_servers_[name], server);
  for (auto& [name, server] : config.udp_servers) append_new(udp_servers_[name], server);
}

template <class Spec>
void Combiner::drop_disputed(const char* section, std::map<std::string, Spec>& objects,
                             config::Diagnostics& diagnostics) {
  for (const auto& [name, claim] : claims_[section]) {
    if (!claim.is_disputed) continue;
    objects.erase(name);
    std::string titles;
    for (const std::string& title : claim.titles) titles += (titles.empty() ? "" : ", ") + title;
    diagnostics.push_back({config::Severity::error, "docker", titles,
                           "traefik." + std::string(section) + "." + name,
                           "these containers define it differently (" + claim.difference +
                               "); it is left out until they agree or use names of their own"});
  }
}

config::Objects Combiner::finish(config::Diagnostics& diagnostics) {
  drop_disputed("http.routers", objects_.routers, diagnostics);
  drop_disputed(kHttpServices, objects_.services, diagnostics);
  drop_disputed("http.middlewares", objects_.middlewares, diagnostics);
  drop_disputed("http.serverstransports", objects_.servers_transports, diagnostics);
  drop_disputed("tcp.routers", objects_.tcp_routers, diagnostics);
  drop_disputed(kTcpServices, objects_.tcp_services, diagnostics);
  drop_disputed("tcp.middlewares", objects_.tcp_middlewares, diagnostics);
  drop_disputed("tcp.serverstransports", objects_.tcp_servers_transports, diagnostics);
  drop_disputed("udp.routers", objects_.udp_routers, diagnostics);
  drop_disputed(kUdpServices, objects_.udp_services, diagnostics);
  drop_disputed("tls.options", objects_.tls_options, diagnostics);
  drop_disputed("tls.stores", objects_.tls_stores, diagnostics);
  for (auto& [name, servers] : http_servers_) {
    auto service = objects_.services.find(name);
    if (service != objects_.services.end()) {
      service->second.load_balancer.servers = std::move(servers);
    }
  }
  for (auto& [name, servers] : tcp_servers_) {
    auto service = objects_.tcp_services.find(name);
    if (service != objects_.tcp_services.end()) set_servers(service->second, servers);
  }
  for (auto& [name, servers] : udp_servers_) {
    auto service = objects_.udp_services.find(name);
    if (service != objects_.udp_services.end()) set_servers(service->second, servers);
  }
  return std::move(objects_);
}

}  // namespace fairlead::providers::docker
