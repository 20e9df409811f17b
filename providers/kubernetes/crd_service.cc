// Service entries of custom resources, and TraefikService.
#include <algorithm>

#include "config/reader.h"
#include "providers/kubernetes/custom_part.h"
#include "providers/kubernetes/naming.h"

namespace fairlead::providers::kubernetes {

namespace {

using config::Node;

// What a service entry shares with a load balancer of the dynamic configuration.
constexpr const char* kBalancerKeys[] = {"strategy",       "sticky",
                                         "healthCheck",    "passiveHealthCheck",
                                         "passHostHeader", "responseForwarding"};

PortRef port_of(const Node& entry) {
  std::string text = node_text(entry, "port");
  auto number = config::parse_integer(text);
  if (number && *number > 0 && *number < 65536) return {static_cast<int32_t>(*number), ""};
  return {0, text};
}

Node without(const Node& map, std::initializer_list<std::string_view> keys) {
  Node copy = map;
  for (std::string_view key : keys) copy.erase(key);
  return copy;
}

}  // namespace

std::optional<std::string> CustomTranslation::space_of(const Node& entry,
                                                       const std::string& field) {
  std::string name_space = node_text(entry, "namespace");
  if (name_space.empty() || name_space == space()) return space();
  if (config.allows_cross_namespace) return name_space;
  fault("ReferenceRefused", field + ".namespace",
        "is another namespace, " + name_space +
            "; set the provider's allowCrossNamespace to refer to it");
  return std::nullopt;
}

std::optional<BackendTuning> CustomTranslation::tuning(const Node& entry,
                                                       const std::string& field) {
  BackendTuning tuning;
  if (std::string scheme = node_text(entry, "scheme"); !scheme.empty()) tuning.scheme = scheme;
  if (entry.find("nativeLB") != nullptr) tuning.is_native = node_flag(entry, "nativeLB");
  if (entry.find("nodePortLB") != nullptr) tuning.is_node_port = node_flag(entry, "nodePortLB");
  std::string transport = node_text(entry, "serversTransport");
  if (!transport.empty()) {
    auto name = named(transport, node_text(entry, "namespace"), field + ".serversTransport");
    if (!name) return std::nullopt;
    tuning.servers_transport = *name;
  }
  auto middlewares = references(entry.find("middlewares"), field + ".middlewares");
  if (!middlewares) return std::nullopt;
  tuning.middlewares = std::move(*middlewares);
  Node balancer = Node::map();
  for (const char* key : kBalancerKeys) {
    if (const Node* value = entry.find(key)) balancer.at(key) = *value;
  }
  if (balancer.members.empty()) return tuning;
  // RoundRobin is what the API calls the default.
  if (node_text(balancer, "strategy") == "RoundRobin") balancer.erase("strategy");
  Node document;
  document.at("http").at("services").at("x").at("loadBalancer") = std::move(balancer);
  config::Diagnostics faults;
  config::Objects read = config::decode_dynamic(document, "kubernetescrd", faults);
  for (const config::Diagnostic& one : faults) {
    constexpr std::string_view kBefore = "http.services.x.loadBalancer";
    std::string rest = one.field.starts_with(kBefore) ? one.field.substr(kBefore.size()) : "";
    part.findings.push_back({one.severity, "InvalidField", field + rest, one.message});
  }
  auto found = read.services.find("x");
  if (found == read.services.end()) return std::nullopt;
  config::LoadBalancerSpec& spec = found->second.load_balancer;
  tuning.strategy = spec.strategy;
  tuning.sticky = spec.sticky;
  tuning.health_check = spec.health_check;
  tuning.passive_health_check = spec.passive_health_check;
  if (entry.find("passHostHeader") != nullptr) tuning.passes_host_header = spec.passes_host_header;
  if (entry.find("responseForwarding") != nullptr) tuning.flush_interval = spec.flush_interval;
  return tuning;
}

std::optional<std::string> CustomTranslation::service(const Node& entry, const std::string& field) {
  std::string name = node_text(entry, "name");
  std::string what = node_text(entry, "kind");
  if (what == "TraefikService" || name.contains('@')) {
    return named(name, node_text(entry, "namespace"), field);
  }
  if (!what.empty() && what != "Service") {
    fault("UnsupportedBackend", field + ".kind",
          "expects Service or TraefikService, got \"" + what + "\"");
    return std::nullopt;
  }
  auto where = space_of(entry, field);
  if (!where) return std::nullopt;
  auto tuned = tuning(entry, field);
  if (!tuned) return std::nullopt;
  BackendKey key{*where + "/" + name, port_of(entry), ""};
  // The same Service tuned in the same way is one service, whoever asks for it.
  Node plain = without(entry, {"name", "namespace", "kind", "port", "weight", "percent"});
  if (*tuned != BackendTuning()) key.variant = short_hash(config::to_json(plain));
  part.backends.push_back(key);
  return backends.acquire(key, *tuned);
}

std::vector<std::string> CustomTranslation::addresses(const Node& entry, const std::string& field) {
  std::vector<std::string> all;
  auto where = space_of(entry, field);
  if (!where) return all;
  BackendTuning tuned;
  if (entry.find("nativeLB") != nullptr) tuned.is_native = node_flag(entry, "nativeLB");
  if (entry.find("nodePortLB") != nullptr) tuned.is_node_port = node_flag(entry, "nodePortLB");
  std::string key = *where + "/" + node_text(entry, "name");
  part.services.insert(key);
  BackendSettings settings;
  settings.allows_external_names = config.allows_external_name_services;
  settings.has_native_lb_by_default = config.has_native_lb_by_default;
  Targets targets = find_targets(store, key, port_of(entry), tuned, settings);
  for (Finding finding : targets.findings) {
    finding.field = field;
    part.findings.push_back(std::move(finding));
  }
  for (const Target& target : targets.list) {
    if (!target.is_draining) all.push_back(target.host + ":" + std::to_string(target.port));
  }
  return all;
}

namespace {

// Service entries of a weighted service, with their weights.
std::optional<Node> weighted_list(CustomTranslation& t, const Node* list,
                                  const std::string& field) {
  Node out = Node::list();
  if (list == nullptr) return out;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const Node& entry = list->items[i];
    auto name = t.service(entry, field + "[" + std::to_string(i) + "]");
    if (!name) return std::nullopt;
    Node& item = out.items.emplace_back(Node::map());
    item.at("name") = Node::string(*name);
    if (const Node* weight = entry.find("weight")) item.at("weight") = *weight;
  }
  return out;
}

std::optional<Node> mirrored(CustomTranslation& t, const Node& spec) {
  Node out = Node::map();
  auto main = t.service(spec, "spec.mirroring");
  if (!main) return std::nullopt;
  out.at("service") = Node::string(*main);
  for (const char* key : {"mirrorBody", "maxBodySize"}) {
    if (const Node* value = spec.find(key)) out.at(key) = *value;
  }
  Node& mirrors = out.at("mirrors") = Node::list();
  const Node* list = spec.find("mirrors");
  for (size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    auto name = t.service(list->items[i], "spec.mirroring.mirrors[" + std::to_string(i) + "]");
    if (!name) return std::nullopt;
    Node& item = mirrors.items.emplace_back(Node::map());
    item.at("name") = Node::string(*name);
    if (const Node* percent = list->items[i].find("percent")) item.at("percent") = *percent;
  }
  return out;
}

std::optional<Node> failing_over(CustomTranslation& t, const Node& spec) {
  Node out = spec;
  for (const char* key : {"service", "fallback"}) {
    const Node* entry = spec.find(key);
    if (entry == nullptr) continue;
    auto name = t.service(*entry, std::string("spec.failover.") + key);
    if (!name) return std::nullopt;
    out.at(key) = Node::string(*name);
  }
  return out;
}

}  // namespace

void translate_traefik_service(CustomTranslation& t) {
  Node service = Node::map();
  for (const char* key : {"weighted", "highestRandomWeight"}) {
    const Node* spec = t.object.spec.find(key);
    if (spec == nullptr) continue;
    auto list = weighted_list(t, spec->find("services"), std::string("spec.") + key + ".services");
    if (!list) return;
    service.at(key) = *spec;
    service.at(key).at("services") = std::move(*list);
  }
  if (const Node* spec = t.object.spec.find("mirroring")) {
    auto made = mirrored(t, *spec);
    if (!made) return;
    service.at("mirroring") = std::move(*made);
  }
  if (const Node* spec = t.object.spec.find("failover")) {
    auto made = failing_over(t, *spec);
    if (!made) return;
    service.at("failover") = std::move(*made);
  }
  Node document;
  document.at("http").at("services").at(t.own_name()) = std::move(service);
  t.decode(document, "spec");
}

}  // namespace fairlead::providers::kubernetes
