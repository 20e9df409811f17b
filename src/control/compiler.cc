#include "control/compiler.h"

#include <algorithm>

#include "config/references.h"

namespace fairlead::control {
namespace {

bool are_same(const std::vector<routing::RouterEntry>& a,
              const std::vector<routing::RouterEntry>& b) {
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
    : settings_(std::move(settings)),
      precedence_(settings_.precedence),
      entry_points_(settings_.entry_points.size()),
      transports_(settings_.transports),
      tcp_({settings_.entry_points, precedence_, settings_.default_rule_syntax}),
      udp_(settings_.udp_entry_points) {}
Compiler::~Compiler() = default;

std::shared_ptr<const routing::RoutingSnapshot> Compiler::compile(
    const config::DynamicConfig& config, config::Diagnostics& diagnostics,
    const config::Section<config::RouterSpec>* rejected) {
  slots_.begin(++version_);
  if (settings_.health != nullptr) settings_.health->begin(version_);
  std::vector<EntryPointState> next(entry_points_.size());
  std::vector<TlsEntryPoint> tls(entry_points_.size());
  for (size_t i = 0; i < next.size(); ++i) {
    next[i].http.entries.reserve(entry_points_[i].http.entries.size() + 1);
    next[i].https.entries.reserve(entry_points_[i].https.entries.size() + 1);
  }
  transports_.begin(config.objects);
  Input input{config.objects, diagnostics, std::nullopt};
  known_routes_.align(config.objects.routers);
  known_services_.align(config.objects.services);
  for (size_t i = 0; i < config.objects.routers.size(); ++i) {
    known_routes_[i] = route(i, input);
    if (known_routes_[i] != nullptr) add_entries(*known_routes_[i], next, tls);
  }
  if (rejected != nullptr) refuse_names(*rejected, config.objects, tls);
  auto snapshot = std::make_shared<routing::RoutingSnapshot>();
  snapshot->version = config.version;
  snapshot->services = named_services();
  for (size_t i = 0; i < next.size(); ++i) {
    next[i].http.router = reuse_or_build(&EntryPointState::http, i, next);
    next[i].https.router = reuse_or_build(&EntryPointState::https, i, next);
    snapshot->entry_points.push_back(
        {settings_.entry_points[i], next[i].http.router, next[i].https.router, nullptr});
    // Looking at a client's first byte costs a system call: not where all routers are for clear
    // text.
    tls[i].is_enabled = next[i].https.router != nullptr || next[i].http.router == nullptr ||
                        !tls[i].routers.empty();
  }
  transports_.end(diagnostics);
  snapshot->tls = tls_.compile(config.objects, tls, diagnostics);
  entry_points_ = std::move(next);
  tcp_.compile({config.objects, tls_, [this](size_t i) { return https_names(i); }, diagnostics},
               *snapshot);
  udp_.compile(config.objects, *snapshot, diagnostics);
  alive_.push_back(snapshot);
  forget_unused();
  return snapshot;
}

void Compiler::note_tls_router(const MadeRoute& made, TlsEntryPoint& at) {
  if (!made.rule->hosts) made.rule->hosts = routing::hosts_of(*made.rule->made);
  at.routers.push_back({made.made->name, *made.rule->hosts, made.element->second.tls->options});
}

// A router whose TLS options do not exist is left out, and its names are not served with others'
// options: their handshakes are refused, as the host was meant to be guarded by what is missing.
void Compiler::refuse_names(const config::Section<config::RouterSpec>& rejected,
                            const config::MergedObjects& objects, std::vector<TlsEntryPoint>& tls) {
  for (const auto& [name, spec] : rejected) {
    bool has_options = !spec.tls || spec.tls->options.empty() || spec.tls->options == "default" ||
                       objects.tls_options.contains(spec.tls->options);
    if (has_options) continue;
    MadeRule& made = rule(
        spec.rule, spec.rule_syntax.empty() ? settings_.default_rule_syntax : spec.rule_syntax);
    made.used_by = version_;
    if (made.made == nullptr) continue;
    if (!made.hosts) made.hosts = routing::hosts_of(*made.made);
    for (uint32_t index : numbers_of(spec.entry_points))
      tls[index].routers.push_back({name, *made.hosts, spec.tls->options});
  }
}

void Compiler::add_entries(const MadeRoute& made, std::vector<EntryPointState>& states,
                           std::vector<TlsEntryPoint>& tls) {
  bool is_tls = made.element->second.tls.has_value();
  for (uint32_t index : made.entry_points) {
    EntryPointState& state = states[index];
    if (is_tls) note_tls_router(made, tls[index]);
    auto& entries = is_tls ? state.https.entries : state.http.entries;
    entries.push_back({made.rule->made, made.made, made.tie_rank});
  }
}

routing::HttpsNames Compiler::https_names(size_t entry_point) const {
  routing::HttpsNames names;
  for (const routing::RouterEntry& entry : entry_points_[entry_point].https.entries) {
    std::vector<std::string> patterns = routing::host_patterns_of(*entry.rule);
    names.is_any = true;
    names.has_catch_all = names.has_catch_all || patterns.empty();
    for (std::string& pattern : patterns) {
      auto& kind = pattern.starts_with('.') ? names.wildcard : names.exact;
      kind.insert(std::move(pattern));
    }
  }
  return names;
}

// The same routers mean the same Router, be it from the configuration before or, as many routers
// are on all entry points, from an entry point done already.
Compiler::RouterPtr Compiler::reuse_or_build(EntryPointRouters EntryPointState::* kind,
                                             size_t index,
                                             const std::vector<EntryPointState>& next) {
  const std::vector<routing::RouterEntry>& entries = (next[index].*kind).entries;
  if (entries.empty()) return nullptr;
  const EntryPointRouters& before = entry_points_[index].*kind;
  if (are_same(before.entries, entries)) return before.router;
  for (size_t i = 0; i < index; ++i) {
    if (are_same((next[i].*kind).entries, entries)) return (next[i].*kind).router;
  }
  return std::make_shared<routing::Router>(entries);
}

Compiler::MadeRule& Compiler::rule(std::string_view text, std::string_view syntax) {
  RuleMap& rules = syntax == "v2" ? v2_rules_ : rules_;
  auto at = rules.find(text);
  bool is_new = at == rules.end();
  if (is_new) at = rules.try_emplace(std::string(text)).first;
  MadeRule& rule = at->second;
  rule.used_by = version_;
  if (!is_new) return rule;
  auto compiled = syntax == "v2" ? routing::compile_rule_v2(text) : routing::compile_rule(text);
  if (compiled) {
    rule.made = *compiled;
  } else {
    rule.fault =
        compiled.error().message + " (at byte " + std::to_string(compiled.error().position) + ")";
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

std::vector<uint32_t> Compiler::numbers_of(const std::vector<std::string>& entry_points) const {
  std::vector<uint32_t> numbers;
  for (const std::string& entry_point : entry_points) {
    auto at = std::ranges::find(settings_.entry_points, entry_point);
    if (at == settings_.entry_points.end()) continue;
    numbers.push_back(static_cast<uint32_t>(at - settings_.entry_points.begin()));
  }
  return numbers;
}

Compiler::MadeRoute* Compiler::route(size_t position, Input& input) {
  const auto& element = input.objects.routers.pointer(position);
  const auto& [name, spec] = *element;
  MadeRoute& made = known_routes_[position] != nullptr ? *known_routes_[position] : routes_[name];
  bool is_same = made.made != nullptr && (made.element == element || made.element->second == spec);
  if (!is_same) {
    made.rule = &rule(spec.rule,
                      spec.rule_syntax.empty() ? settings_.default_rule_syntax : spec.rule_syntax);
    made.entry_points = numbers_of(spec.entry_points);
    made.service = nullptr;
  }
  made.element = element;
  made.rule->used_by = version_;
  if (made.rule->made == nullptr) return nullptr;  // reported by validation
  HandlerPtr handler = service_of(made, spec, input);
  if (handler == nullptr) return nullptr;
  Links links;
  for (const std::string& middleware_name : spec.middlewares) {
    if (!add_links(links, middleware_name, input, 0)) return nullptr;
  }
  made.used_by = version_;
  if (is_same && made.made->service == handler && made.made->owned == links.owned) return &made;
  made.made = make_route(name, spec, std::move(handler), std::move(links));
  made.tie_rank = static_cast<int>(precedence_.rank(config::provider_of(name)));
  return &made;
}

Compiler::RoutePtr Compiler::make_route(const std::string& name, const config::RouterSpec& spec,
                                        HandlerPtr handler, Links links) {
  auto route = std::make_shared<pipeline::Route>();
  route->name = name;
  route->rule = spec.rule;
  route->priority = config::effective_priority(spec);
  route->service_name = spec.service;
  route->service = std::move(handler);
  route->middleware_names = std::move(links.names);
  route->owned = std::move(links.owned);
  for (const auto& link : route->owned) route->chain.push_back(link.get());
  route->is_logged = spec.observability.access_logs.value_or(true);
  route->is_measured = spec.observability.metrics.value_or(true);
  route->is_internal = config::provider_of(spec.service) == "internal";
  if (spec.is_default_rule) route->loop_guard = std::to_string(std::hash<std::string>{}(name));
  if (settings_.metrics != nullptr && route->is_measured && !route->is_internal) {
    route->router_series = settings_.metrics->router(name, spec.service);
    route->service_series = settings_.metrics->service(spec.service);
  }
  return route;
}

uint64_t Compiler::oldest_live() {
  std::erase_if(alive_, [](const auto& snapshot) { return snapshot.expired(); });
  // Every compilation leaves one entry, in order; the count of those left tells the oldest version
  // in use.
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
  forget(v2_rules_, version_);
  forget(middlewares_, version_);
  forget(services_, version_);
  forget(routes_, version_);
  std::erase_if(balancer_states_, [](const auto& entry) { return entry.second.use_count() == 1; });
  slots_.sweep(oldest_live());
  if (settings_.health != nullptr) settings_.health->sweep();
}

}  // namespace fairlead::control
