#include "providers/docker/container_config.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "providers/docker/translate.h"

namespace fairlead::providers::docker {

namespace {

using config::Node;
using config::RouterSpec;
using config::ServerSpec;
using config::ServiceSpec;
using config::Severity;

std::string host_and_port(const Place& place) {
  bool is_v6 = place.host.find(':') != std::string::npos;
  std::string host = is_v6 ? "[" + place.host + "]" : place.host;
  return host + ":" + std::to_string(place.port);
}

template <class Map>
std::string names_of(const Map& objects) {
  std::string text;
  for (const auto& [name, object] : objects) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string port_label(const char* section, const std::string& service) {
  return std::string("traefik.") + section + ".services." + service + ".loadbalancer.server.port";
}

std::string listed(const std::set<uint16_t>& ports) {
  std::string text;
  for (uint16_t port : ports) text += (text.empty() ? "" : ", ") + std::to_string(port);
  return text;
}

}  // namespace

ContainerConfigBuilder::ContainerConfigBuilder(const Container& container, ContainerLabels labels,
                                               const RuleTemplate* default_rule,
                                               bool takes_requests, AddressChooser& addresses,
                                               config::Diagnostics& diagnostics)
    : container_(container),
      labels_(std::move(labels)),
      default_rule_(default_rule),
      takes_requests_(takes_requests),
      addresses_(addresses),
      diagnostics_(diagnostics),
      default_name_(service_name(container)) {}

ContainerConfig ContainerConfigBuilder::build() {
  config_.objects = std::move(labels_.objects);
  config::Objects& o = config_.objects;
  bool has_streams = !o.tcp_routers.empty() || !o.tcp_services.empty() || !o.udp_routers.empty() ||
                     !o.udp_services.empty();
  complete_streams("tcp", o.tcp_routers, o.tcp_services);
  complete_streams("udp", o.udp_routers, o.udp_services);
  bool has_http = !o.routers.empty() || !o.services.empty() || !o.middlewares.empty();
  if (has_http || !has_streams) complete_http();
  if (takes_requests_) {
    add_http_servers();
    add_stream_servers(Protocol::tcp);
    add_stream_servers(Protocol::udp);
  }
  return std::move(config_);
}

void ContainerConfigBuilder::complete_http() {
  config::Objects& o = config_.objects;
  if (o.services.empty()) o.services[default_name_] = ServiceSpec{};
  if (o.routers.empty()) {
    // Why no default router: it would publish what the broken one was to guard.
    if (labels_.has_left_out_routers) return;
    if (o.services.size() > 1) {
      report(Severity::error, "traefik.http.routers",
             "the container has several services (" + names_of(o.services) +
                 ") and no router; add \"traefik.http.routers.<name>.rule\" and "
                 "\"traefik.http.routers.<name>.service\" for each");
      return;
    }
    o.routers[default_name_] = RouterSpec{};
  }
  for (auto entry = o.routers.begin(); entry != o.routers.end();) {
    bool is_whole = complete_router(entry->first, entry->second);
    entry = is_whole ? std::next(entry) : o.routers.erase(entry);
  }
}

bool ContainerConfigBuilder::complete_router(const std::string& name, RouterSpec& router) {
  const auto& services = config_.objects.services;
  if (router.rule.empty() && router.parent_refs.empty() && !set_default_rule(name, router)) {
    return false;
  }
  if (!router.service.empty()) return true;
  if (services.size() > 1) {
    report(Severity::error, "traefik.http.routers." + name + ".service",
           "the container has several services (" + names_of(services) +
               "); say which one this router uses");
    return false;
  }
  router.service = services.begin()->first;
  return true;
}

bool ContainerConfigBuilder::set_default_rule(const std::string& name, RouterSpec& router) {
  std::string label = "traefik.http.routers." + name + ".rule";
  if (default_rule_ == nullptr) {
    report(Severity::error, label,
           "the router has no rule, and the default rule is broken; add this label");
    return false;
  }
  router.rule = default_rule_->render({default_name_, container_.name, container_.labels});
  router.is_default_rule = true;
  if (!router.rule.empty()) return true;
  report(
      Severity::error, label,
      "the router has no rule, and the default rule is empty for this container; add this label");
  return false;
}

// TCP and UDP routers: no default rule, but the same link to the only service.
void ContainerConfigBuilder::complete_streams(const char* section,
                                              std::map<std::string, config::OpaqueSpec>& routers,
                                              std::map<std::string, config::OpaqueSpec>& services) {
  if (routers.empty() && services.empty()) return;
  if (services.empty()) services[default_name_].options.at("loadBalancer") = Node::map();
  for (auto entry = routers.begin(); entry != routers.end();) {
    bool is_whole = complete_stream_router(section, entry->first, entry->second.options, services);
    entry = is_whole ? std::next(entry) : routers.erase(entry);
  }
}

bool ContainerConfigBuilder::complete_stream_router(
    const char* section, const std::string& name, Node& options,
    const std::map<std::string, config::OpaqueSpec>& services) {
  std::string label = std::string("traefik.") + section + ".routers." + name;
  const Node* rule = options.find("rule");
  if (section == std::string_view("tcp") && (rule == nullptr || rule->scalar.empty())) {
    report(Severity::error, label + ".rule", "a TCP router needs a rule, such as HostSNI(`*`)");
    return false;
  }
  const Node* service = options.find("service");
  if (service != nullptr && !service->scalar.empty()) return true;
  if (services.size() > 1) {
    report(Severity::error, label + ".service",
           "the container has several services (" + names_of(services) +
               "); say which one this router uses");
    return false;
  }
  options.at("service") = Node::text(services.begin()->first);
  return true;
}

void ContainerConfigBuilder::add_http_servers() {
  for (const auto& [name, service] : config_.objects.services) {
    bool has_own_servers = !service.load_balancer.servers.empty();
    if (service.kind != ServiceSpec::Kind::load_balancer || has_own_servers) continue;
    if (auto server = http_server(name)) config_.http_servers[name] = std::move(*server);
  }
}

std::optional<ServerSpec> ContainerConfigBuilder::http_server(const std::string& service) {
  const ServerLabels& labels = labels_.http_server(service);
  ServerSpec server;
  server.weight = labels.weight;
  server.preserves_path = labels.preserves_path;
  if (!labels.url.empty()) {
    if (labels.port || !labels.scheme.empty()) {
      report(Severity::warning, "traefik.http.services." + service + ".loadbalancer.server.url",
             "says where the server is; the labels \"port\" and \"scheme\" next to it are ignored");
    }
    server.url = labels.url;
    return server;
  }
  auto port = port_for("http", service, labels.port, config_.objects.services.size());
  if (!port) return std::nullopt;
  auto place = addresses_.place(container_, *port, Protocol::tcp, labels_.network);
  if (!place) return std::nullopt;
  std::string scheme = labels.scheme.empty() ? "http" : lower_case(labels.scheme);
  if (scheme != "http" && scheme != "https" && scheme != "h2c") {
    report(Severity::error, "traefik.http.services." + service + ".loadbalancer.server.scheme",
           "expects http, https or h2c, got \"" + labels.scheme + "\"");
    return std::nullopt;
  }
  server.url = scheme + "://" + host_and_port(*place);
  return server;
}

void ContainerConfigBuilder::add_stream_servers(Protocol protocol) {
  bool is_tcp = protocol == Protocol::tcp;
  const auto& services = is_tcp ? config_.objects.tcp_services : config_.objects.udp_services;
  const auto& labelled = is_tcp ? labels_.tcp_servers : labels_.udp_servers;
  for (const auto& [name, service] : services) {
    const Node* balancer = service.options.find("loadbalancer");
    if (balancer == nullptr || balancer->find("servers") != nullptr) continue;
    auto found = labelled.find(name);
    ServerLabels labels = found == labelled.end() ? ServerLabels{} : found->second;
    auto port = port_for(is_tcp ? "tcp" : "udp", name, labels.port, services.size());
    if (!port) continue;
    auto place = addresses_.place(container_, *port, protocol, labels_.network);
    if (!place) continue;
    auto& servers = is_tcp ? config_.tcp_servers : config_.udp_servers;
    servers[name] = {host_and_port(*place), labels.uses_tls};
  }
}

// The labelled port, else the lowest exposed one.
std::optional<uint16_t> ContainerConfigBuilder::port_for(const char* section,
                                                         const std::string& service,
                                                         std::optional<uint16_t> labelled,
                                                         size_t services) {
  if (labelled) return labelled;
  bool is_udp = section == std::string_view("udp");
  const std::set<uint16_t>& exposed = is_udp ? container_.udp_ports : container_.tcp_ports;
  std::string label = port_label(section, service);
  if (exposed.empty()) {
    if (section == std::string_view("http") && !is_routed_to(service)) return std::nullopt;
    report(Severity::error, label,
           std::string("the port is missing: the container exposes no ") +
               (is_udp ? "UDP" : "TCP") + " port, so none can be chosen; add the label \"" + label +
               "=<port>\" with the port that the application listens on");
    return std::nullopt;
  }
  uint16_t lowest = *exposed.begin();
  if (services > 1 && exposed.size() > 1) {
    report(Severity::warning, label,
           "the container has several services and exposes several ports (" + listed(exposed) +
               "); the lowest, " + std::to_string(lowest) + ", is used. Add the label \"" + label +
               "=<port>\"");
  }
  return lowest;
}

// A default service that nobody of this container asks for ("service=api@internal") need not have a
// port.
bool ContainerConfigBuilder::is_routed_to(const std::string& service) const {
  const auto& routers = config_.objects.routers;
  return labels_.http_servers.contains(service) ||
         std::ranges::any_of(routers, [&](const auto& entry) {
           return entry.second.service == service || entry.second.service == service + "@docker";
         });
}

void ContainerConfigBuilder::report(Severity severity, std::string field, std::string message) {
  diagnostics_.push_back(
      {severity, "docker", container_.title(), std::move(field), std::move(message)});
}

}  // namespace fairlead::providers::docker
