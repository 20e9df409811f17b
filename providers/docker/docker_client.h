// The few calls to the Engine that a router needs: ping, list, inspect, events. Read-only. Speaks
// the version that the Engine names, never a pinned one. Owned by the provider; control thread;
// `fetch` outlives it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fetch/client.h"
#include "providers/docker/container.h"
#include "providers/docker/endpoint.h"

namespace fairlead::providers::docker {

struct ClientOptions {
  std::string endpoint = "unix:///var/run/docker.sock";
  std::string username, password;
  std::optional<fetch::Tls> tls;
  io::Duration timeout{0};  // of one call; 0: 30 s
};

class DockerClient {
 public:
  DockerClient(ClientOptions options, fetch::Client& fetch);

  const std::expected<Endpoint, std::string>& endpoint() const { return endpoint_; }
  // Asks for the API version; to be called on every new connection, since Engines get upgraded.
  io::Task<fetch::Outcome<std::string>> negotiate(io::Scope& scope);
  // All containers, running or not.
  io::Task<fetch::Outcome<std::vector<Container>>> list(io::Scope& scope);
  // nullopt: there is no such container.
  io::Task<fetch::Outcome<std::optional<Container>>> inspect(std::string id, io::Scope& scope);
  // Lines for parse_event(), from now on.
  io::Task<fetch::Outcome<std::unique_ptr<fetch::LineStream>>> events(io::Scope& scope);

 private:
  fetch::Request request(std::string path) const;
  io::Task<fetch::Outcome<fetch::Response>> get(std::string path, io::Scope& scope);

  ClientOptions options_;
  fetch::Client& fetch_;
  std::expected<Endpoint, std::string> endpoint_;
  std::string version_prefix_;  // "/v1.41"; "" when the Engine names no version
};

}  // namespace fairlead::providers::docker
