#include "cmd/fairlead/compose_file.h"

#include <algorithm>
#include <cctype>

#include "providers/docker/translate.h"

namespace fairlead::command {
namespace {

namespace docker = providers::docker;
using config::Member;
using config::Node;

// Unset variables must not make a good rule look broken.
constexpr const char* kUnset = "unset";

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The value of "NAME", "NAME:-default" or "NAME-default".
std::string variable(std::string_view expression, const Surroundings& around) {
  size_t end = 0;
  while (end < expression.size() && is_name_char(expression[end])) ++end;
  std::string value = around.variable(expression.substr(0, end));
  if (!value.empty()) return value;
  std::string_view rest = expression.substr(end);
  if (rest.starts_with(":-")) return std::string(rest.substr(2));
  if (rest.starts_with("-")) return std::string(rest.substr(1));
  return kUnset;
}

// Compose's "$$", "$NAME" and "${NAME:-default}".
std::string substituted(std::string_view text, const Surroundings& around) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[i + 1] == '$') {
      out += text[++i];
    } else if (text[i + 1] == '{') {
      size_t close = std::min(text.find('}', i), text.size());
      out += variable(text.substr(i + 2, close - i - 2), around);
      i = close;
    } else {
      size_t end = i + 1;
      while (end < text.size() && is_name_char(text[end])) ++end;
      out += end == i + 1 ? "$" : variable(text.substr(i + 1, end - i - 1), around);
      i = end - 1;
    }
  }
  return out;
}

// Labels as a map or as a list of "key=value".
void add_labels(const Node* labels, const Surroundings& around,
                std::map<std::string, std::string>& out) {
  if (!labels) return;
  for (const Member& member : labels->members) {
    out[substituted(member.key, around)] = substituted(member.value.scalar, around);
  }
  for (const Node& item : labels->items) {
    std::string text = substituted(item.scalar, around);
    size_t equals = std::min(text.find('='), text.size());
    out[text.substr(0, equals)] = equals < text.size() ? text.substr(equals + 1) : "";
  }
}

// The container port of "8080", "80:8080", "127.0.0.1:80:8080/tcp" or {target: 8080}.
void add_port(const Node& port, std::set<uint16_t>& out) {
  const Node* target = port.find("target");
  std::string text = target ? target->scalar : port.scalar;
  text = text.substr(0, text.find('/'));
  if (size_t colon = text.rfind(':'); colon != text.npos) text.erase(0, colon + 1);
  auto number = config::parse_integer(text.substr(0, text.find('-')));
  if (number && *number > 0 && *number < 65536) out.insert(static_cast<uint16_t>(*number));
}

docker::Container container_of(const std::string& service, const Node& node,
                               const std::string& project, const Surroundings& around) {
  docker::Container out;
  out.id = service;
  out.name = service;
  out.state = docker::State::running;
  add_labels(node.find("labels"), around, out.labels);
  out.labels["com.docker.compose.service"] = service;
  out.labels["com.docker.compose.project"] = project;
  for (const char* key : {"expose", "ports"}) {
    if (const Node* ports = node.find(key)) {
      for (const Node& port : ports->items) add_port(port, out.tcp_ports);
    }
  }
  // What the image exposes is not in the file.
  if (out.tcp_ports.empty()) out.tcp_ports.insert(80);
  const Node* mode = node.find("network_mode");
  out.network_mode = mode ? mode->scalar : "bridge";
  std::string network;
  for (const char* key : {"traefik.docker.network", "fairlead.docker.network"}) {
    if (!out.label(key).empty()) network = out.label(key);
  }
  out.networks[network.empty() ? "default" : network] = {"192.0.2.1", ""};
  return out;
}

std::string project_of(const Node& document, const std::string& path) {
  if (const Node* name = document.find("name"); name && name->is_scalar()) return name->scalar;
  size_t slash = path.rfind('/');
  if (slash == path.npos || slash == 0) return "project";
  std::string folder = path.substr(0, slash);
  return folder.substr(folder.rfind('/') + 1);
}

}  // namespace

bool is_compose_file(const Node& document) {
  const Node* services = document.find("services");
  if (!services || !services->is_map()) return false;
  return std::ranges::any_of(services->members, [](const Member& member) {
    const Node& service = member.value;
    return service.find("image") || service.find("build") || service.find("labels") ||
           service.find("extends");
  });
}

config::Fragment compose_fragment(const Node& document, const std::string& path,
                                  const config::StaticConfig& config, const Surroundings& around) {
  std::vector<docker::Container> containers;
  std::string project = project_of(document, path);
  for (const Member& service : document.find("services")->members) {
    containers.push_back(container_of(service.key, service.value, project, around));
  }
  docker::Inventory inventory;
  inventory.replace(std::move(containers));
  config::DockerProviderConfig docker =
      config.providers.docker.value_or(config::DockerProviderConfig{});
  docker::Translator translator({.exposed_by_default = docker.exposed_by_default,
                                 .default_rule = docker.default_rule,
                                 .constraints = docker.constraints,
                                 .allow_empty_services = docker.allows_empty_services});
  docker::Surroundings surroundings;
  surroundings.default_network = docker.network;
  config::Fragment out = translator.translate(inventory, surroundings);
  for (config::Diagnostic& diagnostic : out.diagnostics) diagnostic.source = "file " + path;
  return out;
}

}  // namespace fairlead::command
