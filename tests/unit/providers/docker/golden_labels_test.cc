// tests/golden/labels/*.txt: containers and options as YAML, a line of dashes, the fragment and its
// diagnostics.
#include <doctest/doctest.h>

#include "config/reader.h"
#include "providers/docker/engine_json.h"
#include "providers/docker/translate.h"
#include "support/golden.h"

namespace fairlead::providers::docker {
namespace {

using config::Diagnostics;
using config::Node;
using config::Reader;

std::string text(const Node& node, std::string_view key, std::string fallback = {}) {
  const Node* found = node.find(key);
  return found != nullptr && found->is_scalar() ? found->scalar : fallback;
}

State state_named(const std::string& word) {
  if (word == "exited") return State::exited;
  if (word == "paused") return State::paused;
  return word == "running" ? State::running : State::unknown;
}

Health health_named(const std::string& word) {
  if (word == "starting") return Health::starting;
  if (word == "healthy") return Health::healthy;
  return word == "unhealthy" ? Health::unhealthy : Health::none;
}

// "80", "53/udp", "127.0.0.1:8080:80"
void add_port(const std::string& entry, Container& container) {
  bool is_udp = entry.ends_with("/udp");
  std::string plain = is_udp ? entry.substr(0, entry.size() - 4) : entry;
  size_t colon = plain.rfind(':');
  auto port = static_cast<uint16_t>(std::stoi(plain.substr(colon == plain.npos ? 0 : colon + 1)));
  (is_udp ? container.udp_ports : container.tcp_ports).insert(port);
  if (colon == plain.npos) return;
  size_t host_end = plain.rfind(':', colon - 1);
  auto host_port = static_cast<uint16_t>(std::stoi(plain.substr(host_end + 1)));
  auto& bindings = is_udp ? container.udp_bindings : container.tcp_bindings;
  bindings[port].push_back({plain.substr(0, host_end), host_port});
}

Container container_from(const Node& node) {
  Container container;
  container.name = text(node, "name");
  container.id = text(node, "id", "0123456789ab" + container.name);
  container.state = state_named(text(node, "state", "running"));
  container.health = health_named(text(node, "health"));
  container.is_stopping = text(node, "stopping") == "true";
  container.network_mode = text(node, "mode", "bridge");
  if (const Node* labels = node.find("labels")) {
    for (const auto& member : labels->members) container.labels[member.key] = member.value.scalar;
  }
  if (const Node* networks = node.find("networks")) {
    for (const auto& [name, address] : networks->members) {
      bool is_v6 = address.scalar.find(':') != std::string::npos;
      (is_v6 ? container.networks[name].ipv6 : container.networks[name].ipv4) = address.scalar;
    }
  } else if (container.network_mode == "bridge") {
    container.networks["bridge"].ipv4 = "172.17.0.2";
  }
  if (const Node* ports = node.find("ports")) {
    for (const Node& port : ports->items) add_port(port.scalar, container);
  }
  return container;
}

std::string fragment_text(const std::string& input) {
  Diagnostics faults;
  Node document = config::parse_yaml(input, "golden", faults);
  REQUIRE(faults.empty());
  TranslateOptions options;
  Surroundings around;
  Node empty = Node::map();
  const Node* node = document.find("options");
  Reader reader(node != nullptr ? node : &empty, "golden", "", "", faults);
  reader.read("exposedByDefault", options.exposed_by_default);
  reader.read("defaultRule", options.default_rule);
  reader.read("constraints", options.constraints);
  reader.read("allowEmptyServices", options.allow_empty_services);
  reader.read("network", around.default_network);
  reader.read("useBindPortIP", around.uses_bind_port_ip);
  std::vector<std::string> own;
  around.knows_own_networks = reader.read("ownNetworks", own);
  around.own_networks.insert(own.begin(), own.end());
  reader.read("hostAddress", around.host_address);
  reader.finish();
  REQUIRE(faults.empty());
  Inventory inventory;
  std::vector<Container> containers;
  for (const Node& item : document.at("containers").items)
    containers.push_back(container_from(item));
  inventory.replace(std::move(containers));
  auto fragment = Translator(options).translate(inventory, around);
  std::string out = to_yaml(encode_dynamic(fragment.objects));
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  for (const auto& diagnostic : fragment.diagnostics) out += "# " + diagnostic.text() + "\n";
  return out;
}

}  // namespace

TEST_CASE("labels_become_the_golden_fragments") {
  testing::check_golden_folder("labels", fragment_text);
}

}  // namespace fairlead::providers::docker
