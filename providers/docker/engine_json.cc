#include "providers/docker/engine_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <utility>

#include <nlohmann/json.hpp>

namespace fairlead::providers::docker {

namespace {

using Json = nlohmann::json;

// Lookups that cannot throw: a member that is absent or of another type reads as empty.
const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

std::string text(const Json& object, const char* key) { return text(member(object, key)); }

std::optional<uint16_t> port_number(std::string_view digits) {
  unsigned number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (number == 0 || number > 65535) return std::nullopt;
  return static_cast<uint16_t>(number);
}

std::optional<uint16_t> port_in(const Json& value) {
  if (value.is_string()) return port_number(value.get_ref<const std::string&>());
  if (!value.is_number_integer()) return std::nullopt;
  int64_t number = value.get<int64_t>();
  if (number <= 0 || number > 65535) return std::nullopt;
  return static_cast<uint16_t>(number);
}

State state_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, State>, 7> kWords{{
      {"created", State::created},
      {"running", State::running},
      {"paused", State::paused},
      {"restarting", State::restarting},
      {"removing", State::removing},
      {"exited", State::exited},
      {"dead", State::dead},
  }};
  for (const auto& [name, state] : kWords) {
    if (name == word) return state;
  }
  return State::unknown;
}

Health health_of(std::string_view word) {
  if (word == "starting") return Health::starting;
  if (word == "healthy") return Health::healthy;
  if (word == "unhealthy") return Health::unhealthy;
  return Health::none;
}

// The list tells health only in its sentence for people: "Up 5 minutes (healthy)", "Up 2 seconds
// (health: starting)".
Health health_in_sentence(std::string_view sentence) {
  if (sentence.find("(healthy)") != std::string_view::npos) return Health::healthy;
  if (sentence.find("(unhealthy)") != std::string_view::npos) return Health::unhealthy;
  if (sentence.find("(health: starting)") != std::string_view::npos) return Health::starting;
  return Health::none;
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

// The names of the list hold legacy links too ("/proxy/web"); the container's own has one slash.
std::string own_name(const Json& names) {
  if (!names.is_array()) return {};
  for (const Json& name : names) {
    std::string plain = without_slash(text(name));
    if (!plain.empty() && plain.find('/') == std::string::npos) return plain;
  }
  return {};
}

void read_labels(const Json& labels, Container& into) {
  if (!labels.is_object()) return;
  for (const auto& [key, value] : labels.items()) into.labels[key] = text(value);
}

void read_networks(const Json& networks, Container& into) {
  if (!networks.is_object()) return;
  for (const auto& [name, network] : networks.items()) {
    into.networks[name] = {text(network, "IPAddress"), text(network, "GlobalIPv6Address"),
                           text(network, "Gateway")};
  }
}

// Notes that `port` of protocol "tcp" or "udp" is exposed; others (sctp) are not served.
std::map<uint16_t, std::vector<PortBinding>>* note_port(uint16_t port, std::string_view protocol,
                                                        Container& into) {
  if (protocol == "tcp" || protocol.empty()) {
    into.tcp_ports.insert(port);
    return &into.tcp_bindings;
  }
  if (protocol == "udp") {
    into.udp_ports.insert(port);
    return &into.udp_bindings;
  }
  return nullptr;
}

void read_listed_ports(const Json& ports, Container& into) {
  if (!ports.is_array()) return;
  for (const Json& entry : ports) {
    auto port = port_in(member(entry, "PrivatePort"));
    if (!port) continue;
    auto* bindings = note_port(*port, text(entry, "Type"), into);
    auto host_port = port_in(member(entry, "PublicPort"));
    if (bindings != nullptr && host_port)
      (*bindings)[*port].push_back({text(entry, "IP"), *host_port});
  }
}

// {"80/tcp": [{"HostIp": …, "HostPort": …}], "53/udp": null}; Config.ExposedPorts has the same
// keys.
void read_port_map(const Json& ports, Container& into) {
  if (!ports.is_object()) return;
  for (const auto& [key, value] : ports.items()) {
    size_t slash = key.find('/');
    std::string_view name = key;
    auto port = port_number(name.substr(0, slash));
    if (!port) continue;
    auto* bindings = note_port(*port, slash == name.npos ? "tcp" : name.substr(slash + 1), into);
    if (bindings == nullptr || !value.is_array()) continue;
    for (const Json& binding : value) {
      auto host_port = port_in(member(binding, "HostPort"));
      if (host_port) (*bindings)[*port].push_back({text(binding, "HostIp"), *host_port});
    }
  }
}

void sort_bindings(Container& container) {
  for (auto& [port, bindings] : container.tcp_bindings) std::ranges::sort(bindings);
  for (auto& [port, bindings] : container.udp_bindings) std::ranges::sort(bindings);
}

Container listed(const Json& entry) {
  Container container;
  container.id = text(entry, "Id");
  container.name = own_name(member(entry, "Names"));
  read_labels(member(entry, "Labels"), container);
  container.state = state_of(text(entry, "State"));
  const Json& health = member(member(entry, "Health"), "Status");
  container.health =
      health.is_string() ? health_of(text(health)) : health_in_sentence(text(entry, "Status"));
  read_networks(member(member(entry, "NetworkSettings"), "Networks"), container);
  container.network_mode = text(member(entry, "HostConfig"), "NetworkMode");
  read_listed_ports(member(entry, "Ports"), container);
  sort_bindings(container);
  return container;
}

State inspected_state(const Json& state) {
  State word = state_of(text(state, "Status"));
  if (word != State::unknown) return word;
  const Json& running = member(state, "Running");
  return running.is_boolean() && running.get<bool>() ? State::running : State::unknown;
}

Json parse(std::string_view json, std::string& why) {
  Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) why = "the Engine's answer is not JSON";
  return document;
}

Event::Kind container_action(std::string_view action) {
  static constexpr std::array<std::pair<std::string_view, Event::Kind>, 11> kActions{{
      {"create", Event::Kind::appeared},
      {"start", Event::Kind::appeared},
      {"restart", Event::Kind::appeared},
      {"unpause", Event::Kind::appeared},
      {"rename", Event::Kind::appeared},
      {"update", Event::Kind::appeared},
      {"die", Event::Kind::died},
      {"destroy", Event::Kind::destroyed},
      {"remove", Event::Kind::destroyed},  // Podman's word
      {"pause", Event::Kind::paused},
      {"kill", Event::Kind::signalled},
  }};
  for (const auto& [name, kind] : kActions) {
    if (name == action) return kind;
  }
  return Event::Kind::ignored;
}

}  // namespace

std::optional<std::vector<Container>> parse_container_list(std::string_view json,
                                                           std::string& why) {
  Json document = parse(json, why);
  if (document.is_discarded()) return std::nullopt;
  if (!document.is_array()) {
    why = "the Engine's container list is not an array";
    return std::nullopt;
  }
  std::vector<Container> containers;
  for (const Json& entry : document) {
    Container container = listed(entry);
    if (!container.id.empty()) containers.push_back(std::move(container));
  }
  return containers;
}

std::optional<Container> parse_inspected(std::string_view json, std::string& why) {
  Json document = parse(json, why);
  if (document.is_discarded()) return std::nullopt;
  Container container;
  container.id = text(document, "Id");
  if (container.id.empty()) {
    why = "the Engine's answer has no container Id";
    return std::nullopt;
  }
  container.name = without_slash(text(document, "Name"));
  const Json& settings = member(document, "Config");
  const Json& state = member(document, "State");
  read_labels(member(settings, "Labels"), container);
  container.state = inspected_state(state);
  container.health = health_of(text(member(state, "Health"), "Status"));
  read_networks(member(member(document, "NetworkSettings"), "Networks"), container);
  container.network_mode = text(member(document, "HostConfig"), "NetworkMode");
  read_port_map(member(settings, "ExposedPorts"), container);
  read_port_map(member(member(document, "NetworkSettings"), "Ports"), container);
  container.stop_signal = text(settings, "StopSignal");
  sort_bindings(container);
  return container;
}

std::optional<Event> parse_event(std::string_view line, std::string& why) {
  Json document = parse(line, why);
  if (document.is_discarded()) return std::nullopt;
  const Json& actor = member(document, "Actor");
  const Json& attributes = member(actor, "Attributes");
  std::string type = text(document, "Type");
  std::string action = text(document, "Action");
  Event event;
  if (type == "network") {
    event.container_id = text(attributes, "container");
    bool is_attachment = action == "connect" || action == "disconnect";
    if (is_attachment && !event.container_id.empty()) event.kind = Event::Kind::appeared;
    return event;
  }
  if (type != "container") return event;
  event.container_id = text(actor, "ID");
  if (event.container_id.empty()) return event;
  if (action.starts_with("health_status")) {
    size_t colon = action.find(": ");
    std::string word = colon == action.npos ? std::string() : action.substr(colon + 2);
    event.health = health_of(word);
    // Podman sends the bare word and leaves the verdict to the inspection.
    event.kind = event.health == Health::none ? Event::Kind::appeared : Event::Kind::health_changed;
    return event;
  }
  event.kind = container_action(action);
  event.signal = signal_number(text(attributes, "signal"));
  return event;
}

std::string parse_error_message(std::string_view body) {
  Json document = Json::parse(body, nullptr, false);
  std::string message = text(document, "message");
  return message.empty() ? std::string(body.substr(0, 200)) : message;
}

int signal_number(std::string_view text) {
  if (text.empty()) return 0;
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  if (text.starts_with("SIG")) text.remove_prefix(3);
  if (text.starts_with("RTMIN+")) {
    int offset = signal_number(text.substr(6));
    return offset > 0 ? 34 + offset : 0;  // 34 is glibc's SIGRTMIN, and what the Engine counts from
  }
  static constexpr std::array<std::pair<std::string_view, int>, 8> kNames{{
      {"TERM", SIGTERM},
      {"KILL", SIGKILL},
      {"INT", SIGINT},
      {"QUIT", SIGQUIT},
      {"HUP", SIGHUP},
      {"USR1", SIGUSR1},
      {"USR2", SIGUSR2},
      {"WINCH", SIGWINCH},
  }};
  for (const auto& [name, value] : kNames) {
    if (name == text) return value;
  }
  return 0;
}

}  // namespace fairlead::providers::docker
