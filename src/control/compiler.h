// From a validated configuration to a RoutingSnapshot. Parts that did not change are the same
// objects as before, so a change costs what it touches and live state is found again. A part that
// cannot be built is left out with a diagnostic. Control thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/dynamic.h"
#include "config/merge.h"
#include "config/name_index.h"
#include "control/compile_tcp.h"
#include "control/compile_tls.h"
#include "control/compile_transports.h"
#include "control/compile_udp.h"
#include "control/slot_registry.h"
#include "observe/metrics.h"
#include "proxy/load_balancer.h"
#include "routing/snapshot.h"
#include "upstream/health_table.h"

namespace fairlead::control {

struct CompilerSettings {
  std::vector<std::string> entry_points;  // in the order of the static configuration
  std::vector<std::string> udp_entry_points;
  std::vector<std::string> precedence;
  std::string default_rule_syntax = "v3";
  TransportSettings transports;
  // "api@internal" and the like.
  std::map<std::string, std::shared_ptr<const pipeline::Handler>> internal_services;
  observe::Metrics* metrics = nullptr;
  upstream::HealthTable* health = nullptr;  // null: servers are not watched over
};

class Compiler {
 public:
  explicit Compiler(CompilerSettings settings);
  ~Compiler();

  std::shared_ptr<const routing::RoutingSnapshot> compile(
      const config::DynamicConfig& config, config::Diagnostics& diagnostics,
      // What validation took out, if known.
      const config::Section<config::RouterSpec>* rejected = nullptr);

  // For validation: what is wrong with a rule or a middleware, for people; nothing when it is good.
  std::optional<std::string> check_rule(std::string_view rule, std::string_view syntax);
  std::optional<std::string> check_middleware(const std::string& name,
                                              const config::MiddlewareSpec& spec,
                                              std::vector<std::string>& warnings);

  const TlsCompiler& tls() const { return tls_; }
  // A certificate, key or authority on disk is not what it was when it was last read.
  bool has_changed_files() const {
    return tls_.has_changed_files() || transports_.has_changed_files() || tcp_.has_changed_files();
  }
  TcpCompiler& tcp() { return tcp_; }
  size_t slots() const { return slots_.size(); }

 private:
  using RulePtr = std::shared_ptr<const routing::CompiledRule>;
  using MiddlewarePtr = std::shared_ptr<const pipeline::Middleware>;
  using HandlerPtr = std::shared_ptr<const pipeline::Handler>;
  using RoutePtr = std::shared_ptr<const pipeline::Route>;
  using RouterPtr = std::shared_ptr<const routing::Router>;

  struct MadeMiddleware {
    config::MiddlewareSpec spec;
    MiddlewarePtr made;
    std::vector<std::string> warnings;
    std::optional<std::string> fault;
    std::vector<SlotRegistry::Entry*> slots;
    std::vector<std::string> services;  // that it uses beside the route's own
    uint64_t used_by = 0;
  };
  struct MadeService {
    config::Section<config::ServiceSpec>::Pointer element;  // that it was made from
    size_t position = 0;                                    // of the element in its section
    std::shared_ptr<const std::string> name;
    HandlerPtr inner;  // without its own middlewares
    HandlerPtr made;
    std::vector<HandlerPtr> children;
    TransportCompiler::TransportPtr transport;  // of a loadBalancer
    std::vector<MiddlewarePtr> links;           // of its own middlewares
    config::Diagnostics notes;                  // what was wrong or doubtful when it was made
    std::vector<SlotRegistry::Entry*> slots;
    std::vector<upstream::HealthTable::EntryPtr> health;
    uint64_t used_by = 0;
  };
  struct MadeRule {
    RulePtr made;
    std::string fault;
    std::optional<std::vector<std::string>> hosts;  // once a router with TLS has it
    uint64_t used_by = 0;
  };
  struct MadeRoute {
    config::Section<config::RouterSpec>::Pointer element;  // that it was made from
    RoutePtr made;
    // In rules_ and services_, which keep what the last compilation used. No service: internal.
    MadeRule* rule = nullptr;
    MadeService* service = nullptr;
    std::vector<uint32_t> entry_points;  // numbers in the settings
    int tie_rank = 0;
    uint64_t used_by = 0;
  };
  struct EntryPointRouters {
    std::vector<routing::RouterEntry> entries;
    RouterPtr router;  // of the entries; null when there are none
  };
  struct EntryPointState {
    EntryPointRouters http, https;
  };
  // The links of one router's chain.
  struct Links {
    std::vector<std::string> names;  // middlewares, qualified, for explanations
    std::vector<MiddlewarePtr> owned;
  };
  // The configuration that is being compiled.
  struct Input {
    const config::MergedObjects& objects;
    config::Diagnostics& diagnostics;
    std::optional<config::NameIndex<config::ServiceSpec>> names;  // of services, once it is asked

    size_t service_position(std::string_view name) {
      if (!names) names.emplace(objects.services);
      return names->position(name);
    }
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using RuleMap = std::unordered_map<std::string, MadeRule, TextHash, std::equal_to<>>;

  MadeRule& rule(std::string_view text, std::string_view syntax);
  MadeMiddleware& middleware(const std::string& name, const config::MiddlewareSpec& spec);
  HandlerPtr service(const std::string& name, Input& input);
  // The service at a position in its section.
  MadeService& service_at(size_t position, Input& input);
  // What serves a router, from `made.service` if that is still the one; null when there is none.
  HandlerPtr service_of(MadeRoute& made, const config::RouterSpec& spec, Input& input);
  HandlerPtr make_service(const std::string& name, const config::ServiceSpec& spec,
                          MadeService& made);
  HandlerPtr make_load_balancer(const std::string& name, const config::LoadBalancerSpec& spec,
                                MadeService& made);
  HandlerPtr make_weighted(const std::string& name, const config::ServiceSpec& spec,
                           const MadeService& made);
  HandlerPtr make_mirroring(const std::string& name, const config::ServiceSpec& spec,
                            MadeService& made);
  std::shared_ptr<upstream::BalancerState> balancer_state(const std::string& name);
  std::shared_ptr<const std::vector<routing::NamedService>> named_services();
  // Null when it cannot be made; otherwise with its route and rule.
  MadeRoute* route(size_t position, Input& input);
  std::vector<uint32_t> numbers_of(const std::vector<std::string>& entry_points) const;
  RoutePtr make_route(const std::string& name, const config::RouterSpec& spec, HandlerPtr handler,
                      Links links);
  bool add_links(Links& links, const std::string& middleware_name, Input& input, unsigned depth);
  void add_entries(const MadeRoute& made, std::vector<EntryPointState>& states,
                   std::vector<TlsEntryPoint>& tls);
  void refuse_names(const config::Section<config::RouterSpec>& rejected,
                    const config::MergedObjects& objects, std::vector<TlsEntryPoint>& tls);
  void note_tls_router(const MadeRoute& made, TlsEntryPoint& at);
  RouterPtr reuse_or_build(EntryPointRouters EntryPointState::* kind, size_t index,
                           const std::vector<EntryPointState>& next);
  routing::HttpsNames https_names(size_t entry_point) const;
  void forget_unused();
  uint64_t oldest_live();

  CompilerSettings settings_;
  config::Precedence precedence_;
  SlotRegistry slots_;
  uint64_t version_ = 0;

  RuleMap rules_, v2_rules_;  // by text
  std::unordered_map<std::string, MadeMiddleware> middlewares_;
  std::unordered_map<std::string, MadeService> services_;
  std::unordered_map<std::string, MadeRoute> routes_;
  // What was made of each object the last time, without a search; null: nothing.
  config::Recall<config::RouterSpec, MadeRoute*> known_routes_;
  config::Recall<config::ServiceSpec, MadeService*> known_services_;
  std::shared_ptr<const std::vector<routing::NamedService>> named_services_;
  std::unordered_map<std::string, std::shared_ptr<upstream::BalancerState>> balancer_states_;

  std::vector<EntryPointState> entry_points_;
  TlsCompiler tls_;
  TransportCompiler transports_;
  TcpCompiler tcp_;
  UdpCompiler udp_;
  std::vector<std::weak_ptr<const routing::RoutingSnapshot>> alive_;
};

}  // namespace fairlead::control
