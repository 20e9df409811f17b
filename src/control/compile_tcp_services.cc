// The part of the TcpCompiler that makes services.
#include <algorithm>

#include "config/references.h"
#include "control/compile_tcp.h"
#include "tcp/weighted.h"

namespace fairlead::control {
namespace {

io::Duration milliseconds(config::Milliseconds value) { return io::Duration(value.count()); }

// The transport's options win over the deprecated ones of the balancer.
tcp::Transport transport_of(const config::TcpServiceSpec& service,
                            const config::OpaqueSpec& object) {
  config::Diagnostics ignored;  // validation has judged it
  auto spec = config::stream_spec<config::TcpTransportSpec>(object, "", "", ignored);
  tcp::Transport transport;
  transport.dial_timeout = milliseconds(spec.dial_timeout);
  transport.keep_alive = milliseconds(spec.dial_keep_alive);
  transport.termination_delay = milliseconds(spec.termination_delay);
  transport.proxy_protocol = static_cast<int>(spec.proxy_protocol);
  bool has_delay = object.options.find("terminationDelay") != nullptr;
  if (!has_delay && service.termination_delay)
    transport.termination_delay = milliseconds(*service.termination_delay);
  if (transport.proxy_protocol == 0 && service.proxy_protocol)
    transport.proxy_protocol = static_cast<int>(*service.proxy_protocol);
  return transport;
}

}  // namespace

TcpCompiler::ServicePtr TcpCompiler::service(const std::string& name, const Input& input) {
  MadeService& made = services_[name];
  if (made.used_by == version_) return made.made;
  auto found = input.objects.tcp_services.find(name);
  if (found == input.objects.tcp_services.end()) return nullptr;  // reported by validation
  made.used_by = version_;                                        // validation has refused loops
  config::Diagnostics ignored;
  auto spec = config::stream_spec<config::TcpServiceSpec>(found->second, "", name, ignored);
  std::vector<ServicePtr> children;
  for (const config::WeightedRef& child : spec.services)
    children.push_back(service(child.name, input));
  config::OpaqueSpec transport;
  auto named = input.objects.tcp_servers_transports.find(spec.servers_transport);
  if (named != input.objects.tcp_servers_transports.end()) transport = named->second;
  tls::ClientContextPtr context = client_context(spec);
  bool is_same = made.made != nullptr && made.spec == found->second && made.children == children &&
                 made.transport == transport && made.tls == context;
  if (!is_same) {
    made.tls = context;
    made.notes.clear();
    made.checks.clear();
    made.spec = found->second;
    made.transport = transport;
    made.children = std::move(children);
    tcp::Transport options = transport_of(spec, transport);
    options.tls = std::move(context);
    made.made = make_service(name, spec, options, made);
  }
  input.diagnostics.insert(input.diagnostics.end(), made.notes.begin(), made.notes.end());
  return made.made;
}

tls::ClientContextPtr TcpCompiler::client_context(const config::TcpServiceSpec& spec) {
  bool wants_tls = std::ranges::any_of(spec.servers, &config::TcpServerSpec::uses_tls);
  if (!wants_tls) return nullptr;
  bool has_own = transport_tls_.servers_transports.contains(spec.servers_transport);
  return transports_.get(has_own ? spec.servers_transport : std::string(), true)->tls;
}

TcpCompiler::ServicePtr TcpCompiler::make_service(const std::string& name,
                                                  const config::TcpServiceSpec& spec,
                                                  const tcp::Transport& transport,
                                                  MadeService& made) {
  if (spec.is_weighted) return make_weighted(spec, made);
  std::vector<tcp::Server> servers = make_servers(name, spec, made);
  if (spec.health_check) make_checks(name, *spec.health_check, servers, made);
  return std::make_shared<tcp::LoadBalancer>(std::move(servers), transport, made.state);
}

TcpCompiler::ServicePtr TcpCompiler::make_weighted(const config::TcpServiceSpec& spec,
                                                   MadeService& made) {
  std::vector<tcp::WeightedChild> children;
  for (size_t i = 0; i < made.children.size(); ++i) {
    if (made.children[i] != nullptr)
      children.push_back({made.children[i], spec.services[i].weight});
  }
  return std::make_shared<tcp::WeightedService>(std::move(children), made.state);
}

std::vector<tcp::Server> TcpCompiler::make_servers(const std::string& name,
                                                   const config::TcpServiceSpec& spec,
                                                   MadeService& made) {
  std::vector<tcp::Server> servers;
  std::map<std::string, std::shared_ptr<tcp::ServerState>> states;
  for (const config::TcpServerSpec& written : spec.servers) {
    auto server = tcp::parse_server(written.address);
    if (!server) {
      made.notes.push_back({config::Severity::error, std::string(config::provider_of(name)),
                            "TCP service " + name, "loadBalancer.servers", server.error()});
      continue;
    }
    server->uses_tls = written.uses_tls;
    auto known = made.servers.find(written.address);
    if (known != made.servers.end()) server->state = known->second;
    // Whoever is not probed any more is not known to be down.
    if (!spec.health_check) server->state->is_up = true;
    states[written.address] = server->state;
    servers.push_back(std::move(*server));
  }
  made.servers = std::move(states);
  return servers;
}

void TcpCompiler::make_checks(const std::string& name, const config::TcpHealthCheckSpec& spec,
                              const std::vector<tcp::Server>& servers, MadeService& made) {
  const config::Node* written = made.spec.options.find("loadBalancer")->find("healthCheck");
  for (const tcp::Server& server : servers) {
    tcp::HealthCheck& check = made.checks.emplace_back();
    check.service = name;
    check.server = server;
    check.address = server.address;
    if (spec.port != 0) {
      check.server.port = static_cast<uint16_t>(spec.port);
      if (check.server.number) check.server.number->set_port(check.server.port);
    }
    check.send = spec.send;
    check.expect = spec.expect;
    check.interval = milliseconds(spec.interval);
    check.unhealthy_interval = milliseconds(spec.unhealthy_interval.value_or(spec.interval));
    check.timeout = milliseconds(spec.timeout);
    check.tls = made.tls;
    check.key = name + '\n' + server.address + '\n' + config::to_json(*written);
  }
}

}  // namespace fairlead::control
