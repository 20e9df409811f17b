// One container's labels as configuration. Both prefixes, "traefik." and "fairlead.", say the same;
// a label that is misspelt or does not fit is reported by its full name, with the label that was
// probably meant, and costs only itself. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/dynamic.h"
#include "providers/docker/label_path.h"

namespace fairlead::providers::docker {

// The "loadbalancer.server.*" labels of one service: how to reach this container for it.
struct ServerLabels {
  std::optional<uint16_t> port;
  std::string scheme;  // "" = http
  std::string url;     // instead of port and scheme
  int64_t weight = 1;
  bool preserves_path = false;
  bool uses_tls = false;  // tcp services
  bool operator==(const ServerLabels&) const = default;
};

struct ContainerLabels {
  enum class Enable : uint8_t { unset, yes, no };
  Enable enable = Enable::unset;
  std::string network;                // docker.network
  bool allows_non_running = false;    // docker.allownonrunning
  bool has_settings = false;          // there is a label of ours besides "enable"
  bool has_left_out_routers = false;  // they name a router that cannot be made: no default one then
  config::Objects objects;            // services without this container's server
  std::map<std::string, ServerLabels> http_servers, tcp_servers, udp_servers;  // by service name
  config::Diagnostics diagnostics;  // object = the container's title, field = the label

  const ServerLabels& http_server(const std::string& service) const;
};

// `title` is how diagnostics call the container.
ContainerLabels read_labels(const std::map<std::string, std::string>& labels,
                            const std::string& title);

}  // namespace fairlead::providers::docker
