#include "providers/docker/labels.h"

#include <algorithm>
#include <utility>

#include "providers/docker/label_tree.h"

namespace fairlead::providers::docker {

namespace {

using config::Diagnostics;
using config::Node;
using config::Reader;
using config::Severity;

void read_enable(const LabelTree& tree, const std::map<std::string, std::string>& labels,
                 ContainerLabels& into) {
  if (tree.document.find("enable") != nullptr) {
    Diagnostics ignored;
    bool is_on = false;
    Reader(&tree.document, "docker", "", "", ignored).read("enable", is_on);
    into.enable = is_on ? ContainerLabels::Enable::yes : ContainerLabels::Enable::no;
    return;
  }
  // Why: a value that is neither true nor false was reported already. It must not expose what
  // somebody meant to hide.
  for (const auto& [key, value] : labels) {
    std::string lower = lower_case(key);
    if (lower == "traefik.enable" || lower == "fairlead.enable") {
      into.enable = ContainerLabels::Enable::no;
    }
  }
}

// Takes "server" out of loadBalancer; what it says about this container is not part of the
// service's definition.
ServerLabels take_server(Node& balancer) {
  ServerLabels server;
  const Node* labels = balancer.find("server");
  if (labels == nullptr) return server;
  Diagnostics ignored;  // the catalogue has checked the values
  Reader reader(labels, "docker", "", "", ignored);
  int64_t port = 0;
  if (reader.read("port", port) && port > 0 && port < 65536) {
    server.port = static_cast<uint16_t>(port);
  }
  reader.read("scheme", server.scheme);
  reader.read("url", server.url);
  reader.read("weight", server.weight);
  reader.read("preservepath", server.preserves_path);
  reader.read("tls", server.uses_tls);
  balancer.erase("server");
  return server;
}

// For every service of `section` that has servers of its own.
std::map<std::string, ServerLabels> take_servers(Node& document, const char* section,
                                                 const LabelTree& tree, const std::string& title,
                                                 Diagnostics& diagnostics) {
  std::map<std::string, ServerLabels> servers;
  Node* root = document.find(section);
  Node* services = root != nullptr ? root->find("services") : nullptr;
  if (services == nullptr) return servers;
  for (config::Member& service : services->members) {
    Node* balancer = service.value.find("loadbalancer");
    if (balancer == nullptr) continue;
    const Node* labels = balancer->find("server");
    bool has_port = labels != nullptr && labels->find("port") != nullptr;
    ServerLabels& server = servers[service.key] = take_server(*balancer);
    if (balancer->is_null()) *balancer = Node::map();
    if (!has_port || server.port) continue;
    std::string path =
        std::string(section) + ".services." + service.key + ".loadbalancer.server.port";
    auto label = tree.label_of_path.find(lower_case(path));
    diagnostics.push_back({Severity::error, "docker", title,
                           label == tree.label_of_path.end() ? path : label->second,
                           "a port is a number from 1 to 65535"});
  }
  return servers;
}

size_t http_routers_in(const Node& document) {
  const Node* http = document.find("http");
  const Node* routers = http != nullptr ? http->find("routers") : nullptr;
  return routers != nullptr ? routers->members.size() : 0;
}

// The label that a path of the document came from: itself, or the first one below or above it.
std::string label_for(const std::string& path, const LabelTree& tree) {
  std::string wanted = lower_case(path);
  auto found = tree.label_of_path.lower_bound(wanted);
  if (found != tree.label_of_path.end() && found->first.starts_with(wanted)) {
    if (found->first.size() == wanted.size()) return found->second;
    return found->second.substr(0, found->second.size() - found->first.size() + wanted.size());
  }
  for (size_t dot = wanted.rfind('.'); dot != wanted.npos && dot != 0;
       dot = wanted.rfind('.', dot - 1)) {
    found = tree.label_of_path.find(wanted.substr(0, dot));
    if (found != tree.label_of_path.end()) return found->second;
  }
  return path;
}

void decode(const LabelTree& tree, const Node& document, const std::string& title,
            ContainerLabels& into) {
  Node dynamic = Node::map();
  for (const char* section : {"http", "tcp", "udp", "tls"}) {
    if (const Node* found = document.find(section)) dynamic.at(section) = *found;
  }
  Diagnostics found;
  into.objects = config::decode_dynamic(dynamic, "docker", found);
  for (config::Diagnostic& diagnostic : found) {
    diagnostic.object = title;
    diagnostic.field = label_for(diagnostic.field, tree);
    bool is_told = std::ranges::any_of(into.diagnostics, [&](const config::Diagnostic& earlier) {
      return earlier.severity == Severity::error && earlier.field == diagnostic.field;
    });
    if (is_told) continue;
    into.diagnostics.push_back(std::move(diagnostic));
  }
}

}  // namespace

const ServerLabels& ContainerLabels::http_server(const std::string& service) const {
  static const ServerLabels none;
  auto found = http_servers.find(service);
  return found == http_servers.end() ? none : found->second;
}

ContainerLabels read_labels(const std::map<std::string, std::string>& labels,
                            const std::string& title) {
  ContainerLabels result;
  LabelTree tree = plant_labels(labels, title);
  result.diagnostics = std::move(tree.diagnostics);
  read_enable(tree, labels, result);
  result.has_settings = tree.label_of_path.size() > (tree.document.find("enable") ? 1 : 0);
  Node document = tree.document;
  if (const Node* own = document.find("docker")) {
    Diagnostics ignored;
    Reader reader(own, "docker", title, "docker", ignored);
    reader.read("network", result.network);
    reader.read("allownonrunning", result.allows_non_running);
    if (own->find("lbswarm") != nullptr) {
      result.diagnostics.push_back({Severity::warning, "docker", title,
                                    label_for("docker.lbswarm", tree),
                                    "is for Swarm services and has no effect on a container"});
    }
  }
  result.http_servers = take_servers(document, "http", tree, title, result.diagnostics);
  result.tcp_servers = take_servers(document, "tcp", tree, title, result.diagnostics);
  result.udp_servers = take_servers(document, "udp", tree, title, result.diagnostics);
  decode(tree, document, title, result);
  result.has_left_out_routers =
      tree.has_left_out_routers || result.objects.routers.size() < http_routers_in(document);
  return result;
}

}  // namespace fairlead::providers::docker
