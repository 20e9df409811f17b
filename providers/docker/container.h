// One container as far as routing cares: what the Engine says about it, whichever call said it. A
// value; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fairlead::providers::docker {

enum class State : uint8_t {
  created,
  running,
  paused,
  restarting,
  removing,
  exited,
  dead,
  unknown
};
enum class Health : uint8_t { none, starting, healthy, unhealthy };

// The addresses of a container on one network; "" where it has none.
struct Attachment {
  std::string ipv4, ipv6;
  std::string gateway;  // on a bridge: the host
  bool operator==(const Attachment&) const = default;
};

// A published port: where on the host it is bound.
struct PortBinding {
  std::string host_ip;
  uint16_t host_port = 0;
  auto operator<=>(const PortBinding&) const = default;
};

struct Container {
  std::string id;    // the full 64 digits
  std::string name;  // without the leading slash
  std::map<std::string, std::string> labels;
  State state = State::unknown;
  Health health = Health::none;
  bool is_stopping = false;  // it was sent its stop signal and has not died yet
  std::map<std::string, Attachment> networks;
  std::string network_mode;                 // "bridge", "host", "container:<id>", a network's name
  std::set<uint16_t> tcp_ports, udp_ports;  // exposed, published or not
  std::map<uint16_t, std::vector<PortBinding>> tcp_bindings, udp_bindings;
  std::string stop_signal;  // as configured ("SIGQUIT"); "" when unset or not known

  bool operator==(const Container&) const = default;

  std::string label(const std::string& key) const {
    auto found = labels.find(key);
    return found == labels.end() ? std::string() : found->second;
  }
  std::string compose_service() const { return label("com.docker.compose.service"); }
  std::string compose_project() const { return label("com.docker.compose.project"); }
  bool is_host_mode() const { return network_mode == "host"; }
  // How diagnostics call it: "container web (4f2a9c01d3e7)".
  std::string title() const {
    std::string text = "container " + (name.empty() ? std::string("without a name") : name);
    return id.empty() ? text : text + " (" + id.substr(0, 12) + ")";
  }
};

}  // namespace fairlead::providers::docker
