#include "control/compile_tcp.h"

#include <algorithm>

#include "config/references.h"

namespace fairlead::control {
namespace {

bool is_same(const tcp::Route& a, const tcp::Route& b) {
  return a.rule == b.rule && a.priority == b.priority && a.tls == b.tls && a.context == b.context &&
         a.middlewares == b.middlewares && a.service == b.service &&
         a.service_name == b.service_name;
}

std::shared_ptr<const routing::TcpRouter> reuse_or_build(
    const std::vector<routing::TcpRouterEntry>& before,
    const std::shared_ptr<const routing::TcpRouter>& made,
    const std::vector<routing::TcpRouterEntry>& entries) {
  if (entries.empty()) return nullptr;
  if (entries == before) return made;
  return std::make_shared<routing::TcpRouter>(entries);
}

config::OtherObjects tls_parts(const config::OtherObjects& objects) {
  config::OtherObjects parts;
  for (const auto& [name, object] : objects.tcp_servers_transports) {
    config::Diagnostics ignored;  // judged when it was decoded
    auto spec = config::stream_spec<config::TcpTransportSpec>(object, "", name, ignored);
    if (spec.tls) parts.servers_transports[name].options = *spec.tls;
  }
  return parts;
}

template <class Map>
void forget(Map& map, uint64_t version) {
  std::erase_if(map, [&](const auto& entry) { return entry.second.used_by < version; });
}

}  // namespace

void TcpCompiler::compile(const Input& input, routing::RoutingSnapshot& snapshot) {
  ++version_;
  health_checks_.clear();
  std::vector<EntryPointState> next(settings_.entry_points.size());
  entry_points_.resize(next.size());
  transport_tls_ = tls_parts(input.objects);
  transports_.begin(transport_tls_);
  for (const auto& [name, object] : input.objects.tcp_routers)
    add_router(name, object, input, next);
  transports_.end(input.diagnostics);
  finish(input, std::move(next), snapshot);
  forget_unused();
}

void TcpCompiler::finish(const Input& input, std::vector<EntryPointState> next,
                         routing::RoutingSnapshot& snapshot) {
  for (const auto& [name, made] : services_) {
    if (made.used_by != version_) continue;
    if (made.made != nullptr) snapshot.tcp_services.emplace(name, made.made);
    health_checks_.insert(health_checks_.end(), made.checks.begin(), made.checks.end());
  }
  for (size_t i = 0; i < next.size(); ++i) {
    const EntryPointState& before = entry_points_[i];
    next[i].plain_router = reuse_or_build(before.plain, before.plain_router, next[i].plain);
    next[i].tls_router = reuse_or_build(before.tls, before.tls_router, next[i].tls);
    if (next[i].plain.empty() && next[i].tls.empty()) continue;
    auto streams = std::make_shared<routing::StreamRouters>();
    streams->plain = next[i].plain_router;
    streams->tls = next[i].tls_router;
    streams->https = input.https_names(i);
    snapshot.entry_points[i].streams = std::move(streams);
  }
  entry_points_ = std::move(next);
}

void TcpCompiler::add_router(const std::string& name, const config::OpaqueSpec& object,
                             const Input& input, std::vector<EntryPointState>& next) {
  config::Diagnostics ignored;  // validation has judged it
  auto spec = config::stream_spec<config::TcpRouterSpec>(object, "", name, ignored);
  MadeRule& matching = rule(spec.rule, spec.rule_syntax);
  matching.used_by = version_;
  if (matching.made == nullptr) return;
  std::shared_ptr<tcp::Route> route = make_route(name, spec, matching, input);
  if (route == nullptr) return;
  MadeRoute& made = routes_[name];
  made.used_by = version_;
  if (made.made == nullptr || !is_same(*made.made, *route)) made.made = std::move(route);
  int rank = static_cast<int>(settings_.precedence.rank(config::provider_of(name)));
  for (const std::string& entry_point : spec.entry_points) {
    auto at = std::ranges::find(settings_.entry_points, entry_point);
    if (at == settings_.entry_points.end()) continue;
    EntryPointState& state = next[static_cast<size_t>(at - settings_.entry_points.begin())];
    auto& entries = spec.tls ? state.tls : state.plain;
    entries.push_back({matching.made, made.made, rank});
  }
}

std::shared_ptr<tcp::Route> TcpCompiler::make_route(const std::string& name,
                                                    const config::TcpRouterSpec& spec,
                                                    const MadeRule& rule, const Input& input) {
  auto route = std::make_shared<tcp::Route>();
  route->name = name;
  route->rule = spec.rule;
  route->priority = config::effective_tcp_priority(spec.rule, spec.priority);
  route->is_catch_all = rule.made->is_catch_all();
  route->service_name = spec.service;
  route->service = service(spec.service, input);
  if (route->service == nullptr) return nullptr;
  for (const std::string& used : spec.middlewares) {
    auto found = input.objects.tcp_middlewares.find(used);
    if (found == input.objects.tcp_middlewares.end()) return nullptr;
    MadeMiddleware& made = middleware(used, found->second);
    made.used_by = version_;
    // Why: a connection that skipped a guard could be one that must not pass.
    if (made.made == nullptr) return nullptr;
    route->middleware_names.push_back(used);
    route->middlewares.push_back(made.made);
  }
  if (!spec.tls) return route;
  route->tls =
      spec.tls->is_passthrough ? tcp::Route::Tls::passed_through : tcp::Route::Tls::ended_here;
  if (!spec.tls->is_passthrough) route->context = input.tls.context_named(spec.tls->options);
  return route;
}

TcpCompiler::MadeRule& TcpCompiler::rule(const std::string& text, const std::string& syntax) {
  const std::string& used = syntax.empty() ? settings_.default_rule_syntax : syntax;
  auto [at, is_new] = rules_.try_emplace({used, text});
  if (!is_new) return at->second;
  auto compiled = routing::compile_tcp_rule(text, used);
  if (compiled) {
    at->second.made = *compiled;
  } else {
    at->second.fault =
        compiled.error().message + " (at byte " + std::to_string(compiled.error().position) + ")";
  }
  return at->second;
}

std::optional<std::string> TcpCompiler::check_rule(std::string_view text, std::string_view syntax,
                                                   bool has_tls) {
  MadeRule& made = rule(std::string(text), std::string(syntax));
  made.used_by = version_ + 1;  // validation runs before the compilation that will use it
  if (made.made == nullptr) return made.fault;
  if (!has_tls && made.made->needs_tls()) {
    return "without TLS a client sends no server name; add tls (passthrough or not) to the router, "
           "or write HostSNI(`*`)";
  }
  return std::nullopt;
}

TcpCompiler::MadeMiddleware& TcpCompiler::middleware(const std::string& name,
                                                     const config::OpaqueSpec& spec) {
  MadeMiddleware& made = middlewares_[name];
  if (made.used_by != 0 && made.spec == spec) return made;
  made.spec = spec;
  made.made = nullptr;
  made.warnings.clear();
  made.fault.reset();
  const config::Member* only =
      spec.options.members.size() == 1 ? &spec.options.members.front() : nullptr;
  const tcp::MiddlewareType* type = only ? tcp::find_middleware(only->key) : nullptr;
  if (type == nullptr) {
    made.fault = "needs exactly one of";
    for (const auto* one : tcp::all_middlewares()) *made.fault += " " + std::string(one->name);
    return made;
  }
  config::Diagnostics found;
  config::Reader options(&only->value, "", "TCP middleware " + name, std::string(type->name),
                         found);
  made.made = type->make(options, made.state);
  options.finish();
  for (const config::Diagnostic& one : found) {
    std::string text = (one.field.empty() ? "" : one.field + ": ") + one.message;
    if (one.severity == config::Severity::warning) {
      made.warnings.push_back(text);
    } else {
      made.fault = made.fault ? *made.fault + "; " + text : text;
    }
  }
  if (made.fault) made.made = nullptr;
  return made;
}

std::optional<std::string> TcpCompiler::check_middleware(const std::string& name,
                                                         const config::OpaqueSpec& spec,
                                                         std::vector<std::string>& warnings) {
  MadeMiddleware& made = middleware(name, spec);
  made.used_by = version_ + 1;
  warnings = made.warnings;
  return made.fault;
}

void TcpCompiler::forget_unused() {
  forget(rules_, version_);
  forget(middlewares_, version_);
  forget(services_, version_);
  forget(routes_, version_);
}

}  // namespace fairlead::control
