// From a validated configuration to a RoutingSnapshot. Parts that did not change are the same objects as before, so a
// change costs what it touches and live state is found again. A part that cannot be built is left out with a
// diagnostic. Control thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/dynamic.h"
#include "config/merge.h"
#include "control/compile_tls.h"
#include "control/slot_registry.h"
#include "observe/metrics.h"
#include "proxy/load_balancer.h"
#include "routing/snapshot.h"

namespace fairlead::control {

struct CompilerSettings {
  std::vector<std::string> entry_points;  // in the order of the static configuration
  std::vector<std::string> precedence;
  std::string default_rule_syntax = "v3";
  std::shared_ptr<const proxy::Transport> transport;  // serversTransport default
  // "api@internal" and the like.
  std::map<std::string, std::shared_ptr<const pipeline::Handler>> internal_services;
  observe::Metrics* metrics = nullptr;
};

class Compiler {
 public:
  explicit Compiler(CompilerSettings settings);
  ~Compiler();

  std::shared_ptr<const routing::RoutingSnapshot> compile(const config::DynamicConfig& config,
                                                          config::Diagnostics& diagnostics);

  // For validation: what is wrong with a rule or a middleware, for people; nothing when it is good.
  std::optional<std::string> check_rule(std::string_view rule, std::string_view syntax);
  std::optional<std::string> check_middleware(const std::string& name, const config::MiddlewareSpec& spec,
                                              std::vector<std::string>& warnings);

  const TlsCompiler& tls() const { return tls_; }
  size_t slots() const { return slots_.size(); }

 private:
  using RulePtr = std::shared_ptr<const routing::CompiledRule>;
  using MiddlewarePtr = std::shared_ptr<const pipeline::Middleware>;
  using HandlerPtr = std::shared_ptr<const pipeline::Handler>;
  using RoutePtr = std::shared_ptr<const pipeline::Route>;

  struct MadeMiddleware {
    config::MiddlewareSpec spec;
    MiddlewarePtr made;
    std::vector<std::string> warnings;
    std::optional<std::string> fault;
    uint64_t used_by = 0;
  };
  struct MadeService {
    config::ServiceSpec spec;
    HandlerPtr made;
    std::vector<HandlerPtr> children;
    config::Diagnostics notes;  // what was wrong or doubtful when it was made
    uint64_t used_by = 0;
  };
  struct MadeRoute {
    config::RouterSpec spec;
    RoutePtr made;
    uint64_t used_by = 0;
  };
  struct MadeRule {
    RulePtr made;
    std::string fault;
    std::optional<std::vector<std::string>> hosts;  // once a router with TLS has it
    uint64_t used_by = 0;
  };

  MadeRule& rule(std::string_view text, std::string_view syntax);
  MadeMiddleware& middleware(const std::string& name, const config::MiddlewareSpec& spec);
  HandlerPtr service(const std::string& name, const config::Objects& objects, config::Diagnostics& diagnostics);
  HandlerPtr make_service(const std::string& name, const config::ServiceSpec& spec,
                          const std::vector<HandlerPtr>& children, config::Diagnostics& diagnostics);
  HandlerPtr make_load_balancer(const std::string& name, const config::LoadBalancerSpec& spec,
                                config::Diagnostics& diagnostics);
  void note_tls_router(MadeRule& rule, const std::string& name, const config::RouterSpec& spec, TlsEntryPoint& at);
  RoutePtr route(const std::string& name, const config::RouterSpec& spec, const config::Objects& objects,
                 config::Diagnostics& diagnostics);
  bool add_links(pipeline::Route& route, const std::string& middleware_name, const config::Objects& objects,
                 unsigned depth);
  std::shared_ptr<const routing::Router> reuse_or_build(std::shared_ptr<const routing::Router> before,
                                                        const std::vector<routing::RouterEntry>& before_entries,
                                                        std::vector<routing::RouterEntry>& entries);
  void forget_unused();
  uint64_t oldest_live();

  CompilerSettings settings_;
  config::Precedence precedence_;
  SlotRegistry slots_;
  uint64_t version_ = 0;

  std::unordered_map<std::string, MadeRule> rules_;
  std::unordered_map<std::string, MadeMiddleware> middlewares_;
  std::unordered_map<std::string, MadeService> services_;
  std::unordered_map<std::string, MadeRoute> routes_;
  std::unordered_map<std::string, std::shared_ptr<upstream::BalancerState>> balancer_states_;

  struct EntryPointState {
    std::vector<routing::RouterEntry> http_entries, https_entries;
    std::shared_ptr<const routing::Router> http, https;
  };
  std::vector<EntryPointState> entry_points_;
  TlsCompiler tls_;
  std::vector<std::weak_ptr<const routing::RoutingSnapshot>> alive_;
};

}  // namespace fairlead::control
