// The TCP part of a snapshot. As with HTTP, what did not change is the same object as before, and
// live state (whose turn it is, who is up, how many connections an address has) is found again by
// name. Control thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/merge.h"
#include "config/stream_specs.h"
#include "control/compile_tls.h"
#include "control/compile_transports.h"
#include "routing/snapshot.h"
#include "tcp/health.h"
#include "tcp/load_balancer.h"

namespace fairlead::control {

class TcpCompiler {
 public:
  struct Settings {
    std::vector<std::string> entry_points;
    config::Precedence precedence;
    std::string default_rule_syntax;
  };
  struct Input {
    const config::OtherObjects& objects;
    const TlsCompiler& tls;
    // Of an entry point; asked only where there are TCP routers.
    std::function<routing::HttpsNames(size_t entry_point)> https_names;
    config::Diagnostics& diagnostics;
  };

  explicit TcpCompiler(Settings settings) : settings_(std::move(settings)) {}

  // Fills in the `streams` of every entry point and the services. The entry points are there.
  void compile(const Input& input, routing::RoutingSnapshot& snapshot);

  std::optional<std::string> check_rule(std::string_view rule, std::string_view syntax,
                                        bool has_tls);
  std::optional<std::string> check_middleware(const std::string& name,
                                              const config::OpaqueSpec& spec,
                                              std::vector<std::string>& warnings);
  // A certificate, key or authority of a serversTransport is not what it was.
  bool has_changed_files() const { return transports_.has_changed_files(); }
  // Of the configuration that was compiled last.
  const std::vector<tcp::HealthCheck>& health_checks() const { return health_checks_; }

 private:
  using ServicePtr = std::shared_ptr<const tcp::Service>;
  using MiddlewarePtr = std::shared_ptr<const tcp::Middleware>;
  using RoutePtr = std::shared_ptr<const tcp::Route>;

  struct MadeRule {
    routing::TcpRulePtr made;
    std::string fault;
    uint64_t used_by = 0;
  };
  struct MadeMiddleware {
    config::OpaqueSpec spec;
    MiddlewarePtr made;
    std::shared_ptr<tcp::MiddlewareState> state;
    std::vector<std::string> warnings;
    std::optional<std::string> fault;
    uint64_t used_by = 0;
  };
  struct MadeService {
    config::OpaqueSpec spec, transport;
    tls::ClientContextPtr tls;  // of servers that want it
    std::vector<ServicePtr> children;
    ServicePtr made;
    std::vector<tcp::HealthCheck> checks;
    config::Diagnostics notes;
    std::shared_ptr<upstream::BalancerState> state = std::make_shared<upstream::BalancerState>();
    std::map<std::string, std::shared_ptr<tcp::ServerState>> servers;  // by address
    uint64_t used_by = 0;
  };
  struct MadeRoute {
    config::OpaqueSpec spec;
    RoutePtr made;
    uint64_t used_by = 0;
  };
  struct EntryPointState {
    std::vector<routing::TcpRouterEntry> plain, tls;
    std::shared_ptr<const routing::TcpRouter> plain_router, tls_router;
  };

  MadeRule& rule(const std::string& text, const std::string& syntax);
  MadeMiddleware& middleware(const std::string& name, const config::OpaqueSpec& spec);
  ServicePtr service(const std::string& name, const Input& input);
  // Null where no server wants TLS, or when its options are broken.
  tls::ClientContextPtr client_context(const config::TcpServiceSpec& spec);
  ServicePtr make_service(const std::string& name, const config::TcpServiceSpec& spec,
                          const tcp::Transport& transport, MadeService& made);
  ServicePtr make_weighted(const config::TcpServiceSpec& spec, MadeService& made);
  std::vector<tcp::Server> make_servers(const std::string& name, const config::TcpServiceSpec& spec,
                                        MadeService& made);
  void make_checks(const std::string& name, const config::TcpHealthCheckSpec& spec,
                   const std::vector<tcp::Server>& servers, MadeService& made);
  void add_router(const std::string& name, const config::OpaqueSpec& object, const Input& input,
                  std::vector<EntryPointState>& next);
  std::shared_ptr<tcp::Route> make_route(const std::string& name, const config::TcpRouterSpec& spec,
                                         const MadeRule& rule, const Input& input);
  void finish(const Input& input, std::vector<EntryPointState> next,
              routing::RoutingSnapshot& snapshot);
  void forget_unused();

  Settings settings_;
  uint64_t version_ = 0;
  std::map<std::pair<std::string, std::string>, MadeRule> rules_;  // by syntax and text
  std::map<std::string, MadeMiddleware> middlewares_;
  std::map<std::string, MadeService> services_;
  std::map<std::string, MadeRoute> routes_;
  std::vector<EntryPointState> entry_points_;
  std::vector<tcp::HealthCheck> health_checks_;
  // The `tls` of TCP serversTransports has the keys of an HTTP serversTransport.
  TransportCompiler transports_{{}};
  config::OtherObjects transport_tls_;  // while compiling
};

}  // namespace fairlead::control
