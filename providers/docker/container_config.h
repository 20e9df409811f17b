// What one container contributes: its labels' objects, completed by the default router, rule and
// service, and the servers that this container adds. Pure; used by translate.cc.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "providers/docker/address_choice.h"
#include "providers/docker/labels.h"
#include "providers/docker/rule_template.h"

namespace fairlead::providers::docker {

struct StreamServer {
  std::string address;  // host:port
  bool uses_tls = false;
  bool operator==(const StreamServer&) const = default;
};

struct ContainerConfig {
  config::Objects objects;
  // By service name; the definitions in `objects` are without them.
  std::map<std::string, config::ServerSpec> http_servers;
  std::map<std::string, StreamServer> tcp_servers, udp_servers;
};

class ContainerConfigBuilder {
 public:
  // `default_rule` may be null when the option is broken. `takes_requests` false: definitions only,
  // no servers.
  ContainerConfigBuilder(const Container& container, ContainerLabels labels,
                         const RuleTemplate* default_rule, bool takes_requests,
                         AddressChooser& addresses, config::Diagnostics& diagnostics);

  ContainerConfig build();

 private:
  void complete_http();
  bool complete_router(const std::string& name, config::RouterSpec& router);
  bool set_default_rule(const std::string& name, config::RouterSpec& router);
  void complete_streams(const char* section, std::map<std::string, config::OpaqueSpec>& routers,
                        std::map<std::string, config::OpaqueSpec>& services);
  bool complete_stream_router(const char* section, const std::string& name, config::Node& options,
                              const std::map<std::string, config::OpaqueSpec>& services);
  void add_http_servers();
  void add_stream_servers(Protocol protocol);
  std::optional<config::ServerSpec> http_server(const std::string& service);
  std::optional<uint16_t> port_for(const char* section, const std::string& service,
                                   std::optional<uint16_t> labelled, size_t services);
  bool is_routed_to(const std::string& service) const;
  void report(config::Severity severity, std::string field, std::string message);

  const Container& container_;
  ContainerLabels labels_;
  const RuleTemplate* default_rule_;
  bool takes_requests_;
  AddressChooser& addresses_;
  config::Diagnostics& diagnostics_;
  std::string default_name_;
  ContainerConfig config_;
};

}  // namespace fairlead::providers::docker
