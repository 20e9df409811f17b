// The provider sections of the static configuration. Values, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/node.h"
#include "config/reader.h"

namespace fairlead::config {

struct ClientTls {
  std::string ca, cert, key;  // a path or inline PEM
  bool skips_verify = false;
  bool operator==(const ClientTls&) const = default;
};

struct DockerProviderConfig {
  std::string endpoint = "unix:///var/run/docker.sock";
  std::string username, password;
  std::optional<ClientTls> tls;
  Milliseconds http_client_timeout{0};  // 0: none
  bool exposed_by_default = true;
  std::string constraints;
  std::string default_rule = "Host(`{{ normalize .Name }}`)";
  std::string network;
  bool use_bind_port_ip = false;
  bool allows_empty_services = false;
  bool watch = true;
  bool operator==(const DockerProviderConfig&) const = default;
};

struct FileProviderConfig {
  std::string filename;  // exactly one of the two
  std::string directory;
  bool watch = true;
  bool logs_generated_template = false;
  bool operator==(const FileProviderConfig&) const = default;
};

struct ProvidersConfig {
  // Unset: Fairlead's own hold-off (the first change at once, the following when quiet for 20 ms,
  // at most 300 ms late).
  std::optional<Milliseconds> throttle_duration;
  std::vector<std::string>
      precedence;  // provider names, strongest first, for routers of equal priority
  std::optional<DockerProviderConfig> docker;
  std::optional<FileProviderConfig> file;
  // Read by their provider. Present means switched on; always a map.
  std::optional<Node> kubernetes_ingress, kubernetes_crd, kubernetes_gateway,
      kubernetes_ingress_nginx;
  bool operator==(const ProvidersConfig&) const = default;
};

}  // namespace fairlead::config
