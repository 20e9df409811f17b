#include "control/compiler.h"

#include <algorithm>

#include "config/references.h"

namespace fairlead::control {
namespace {

bool are_same(const std::vector<routing::RouterEntry>& a, const std::vector<routing::RouterEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.rule == y.rule && x.route == y.route && x.tie_rank == y.tie_rank;
  });
}

template <class Map>
void forget(Map& map, uint64_t version) {
  std::erase_if(map, [&](const auto& entry) { return entry.second.used_by != version; });
}

}  // namespace

Compiler::Compiler(CompilerSettings settings)
    : settings_(std::move(settings)), precedence_(settings_.precedence), entry_points_(settings_.entry_points.size()) {}
Compiler::~Compiler() = default;

std::shared_ptr<const routing::RoutingSnapshot> Compiler::compile(const config::DynamicConfig& config,
                                                                  config::Diagnostics& diagnostics) {
  slots_.begin(++version_);
  std::vector<EntryPointState> next(entry_points_.size());
  std::vector<TlsEntryPoint> tls(entry_points_.size());
  for (const auto& [name, spec] : config.objects.routers) {
    const std::string& syntax = spec.rule_syntax.empty() ? settings_.default_rule_syntax : spec.rule_syntax;
    MadeRule& compiled = rule(spec.rule, syntax);
    if (compiled.made == nullptr) continue;  // reported by validation
    RoutePtr made = route(name, spec, config.objects, diagnostics);
    if (made == nullptr) continue;
    routing::RouterEntry entry{compiled.made, made, static_cast<int>(precedence_.rank(config::provider_of(name)))};
    for (const std::string& entry_point : spec.entry_points) {
      auto at = std::find(settings_.entry_points.begin(), settings_.entry_points.end(), entry_point);
      if (at == settings_.entry_points.end()) continue;
      auto index = static_cast<size_t>(at - settings_.entry_points.begin());
      EntryPointState& state = next[index];
      if (spec.tls) note_tls_router(compiled, name, spec, tls[index]);
      (spec.tls ? state.https_entries : state.http_entries).push_back(entry);
    }
  }
  auto snapshot = std::make_shared<routing::RoutingSnapshot>();
  snapshot->version = config.version;
  for (const auto& [name, made] : services_) {
    if (made.used_by == version_ && made.made != nullptr) snapshot->services.emplace(name, made.made);
  }
  for (size_t i = 0; i < next.size(); ++i) {
    next[i].http = reuse_or_build(entry_points_[i].http, entry_points_[i].http_entries, next[i].http_entries);
    next[i].https = reuse_or_build(entry_points_[i].https, entry_points_[i].https_entries, next[i].https_entries);
    snapshot->entry_points.push_back({settings_.entry_points[i], next[i].http, next[i].https});
    // Looking at a client's first byte costs a system call: not where all routers are for clear text.
    tls[i].is_enabled = next[i].https != nullptr || next[i].http == nullptr;
  }
  snapshot->tls = tls_.compile(config.objects, tls, diagnostics);
  entry_points_ = std::move(next);
  alive_.push_back(snapshot);
  forget_unused();
  return snapshot;
}

void Compiler::note_tls_router(MadeRule& rule, const std::string& name, const config::RouterSpec& spec,
                               TlsEntryPoint& at) {
  if (!rule.hosts) rule.hosts = routing::hosts_of(*rule.made);
  at.routers.push_back({name, *rule.hosts, spec.tls->options});
}

std::shared_ptr<const routing::Router> Compiler::reuse_or_build(std::shared_ptr<const routing::Router> before,
                                                                const std::vector<routing::RouterEntry>& before_entries,
                                                                std::vector<routing::RouterEntry>& entries) {
  if (entries.empty()) return nullptr;
  if (before != nullptr && are_same(before_entries, entries)) return before;
  return std::make_shared<routing::Router>(entries);
}

Compiler::MadeRule& Compiler::rule(std::string_view text, std::string_view syntax) {
  std::string key = std::string(syntax) + ' ' + std::string(text);
  auto [at, is_new] = rules_.try_emplace(std::move(key));
  MadeRule& rule = at->second;
  rule.used_by = version_;
  if (!is_new) return rule;
  auto compiled = syntax == "v2" ? routing::compile_rule_v2(text) : routing::compile_rule(text);
  if (compiled) {
    rule.made = *compiled;
  } else {
    rule.fault = compiled.error().message + " (at byte " + std::to_string(compiled.error().position) + ")";
  }
  return rule;
}

std::optional<std::string> Compiler::check_rule(std::string_view text, std::string_view syntax) {
  MadeRule& made = rule(text, syntax.empty() ? settings_.default_rule_syntax : syntax);
  // Validation runs before the compilation that will use it.
  made.used_by = version_ + 1;
  if (made.made != nullptr) return std::nullopt;
  return made.fault;
}

Compiler::RoutePtr Compiler::route(const std::string& name, const config::RouterSpec& spec,
                                   const config::Objects& objects, config::Diagnostics& diagnostics) {
  HandlerPtr handler = service(spec.service, objects, diagnostics);
  if (handler == nullptr) return nullptr;
  auto fresh = std::make_shared<pipeline::Route>();
  for (const std::string& middleware_name : spec.middlewares) {
    if (!add_links(*fresh, middleware_name, objects, 0)) return nullptr;
  }
  MadeRoute& made = routes_[name];
  made.used_by = version_;
  bool is_same = made.made != nullptr && made.spec == spec && made.made->service == handler &&
                 made.made->owned == fresh->owned;
  if (is_same) return made.made;
  fresh->name = name;
  fresh->rule = spec.rule;
  fresh->priority = config::effective_priority(spec);
  fresh->service_name = spec.service;
  fresh->service = handler;
  for (const auto& link : fresh->owned) fresh->chain.push_back(link.get());
  fresh->is_logged = spec.observability.access_logs.value_or(true);
  fresh->is_measured = spec.observability.metrics.value_or(true);
  fresh->is_internal = config::provider_of(spec.service) == "internal";
  if (spec.is_default_rule) fresh->loop_guard = std::to_string(std::hash<std::string>{}(name));
  if (settings_.metrics != nullptr && fresh->is_measured && !fresh->is_internal) {
    fresh->router_series = settings_.metrics->router(name, spec.service);
    fresh->service_series = settings_.metrics->service(spec.service);
  }
  made.spec = spec;
  made.made = std::move(fresh);
  return made.made;
}

uint64_t Compiler::oldest_live() {
  std::erase_if(alive_, [](const auto& snapshot) { return snapshot.expired(); });
  // Every compilation leaves one entry, in order; the count of those left tells the oldest version in use.
  uint64_t oldest = version_;
  for (const auto& weak : alive_) {
    if (auto snapshot = weak.lock()) {
      oldest = std::min(oldest, version_ - static_cast<uint64_t>(alive_.size() - 1));
      break;
    }
  }
  return oldest;
}

void Compiler::forget_unused() {
  forget(rules_, version_);
  forget(middlewares_, version_);
  forget(services_, version_);
  forget(routes_, version_);
  std::erase_if(balancer_states_, [](const auto& entry) { return entry.second.use_count() == 1; });
  slots_.sweep(oldest_live());
}

}  // namespace fairlead::control
