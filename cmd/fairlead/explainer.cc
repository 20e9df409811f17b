#include "cmd/fairlead/explainer.h"

#include <algorithm>
#include <optional>

#include "cmd/fairlead/server_options.h"
#include "config/merge.h"
#include "config/references.h"
#include "http/codec/h1_parser.h"
#include "http/semantics.h"
#include "routing/compiled_rule.h"

namespace fairlead {
namespace {

using admin::Explanation;
using Router = std::pair<const std::string, config::RouterSpec>;

constexpr size_t kMostCandidates = 50;
constexpr size_t kMostRules = 20'000;

struct Target {
  std::string scheme, authority, rest;  // rest begins with '/'
};

std::optional<Target> split_url(const std::string& url) {
  size_t mark = url.find("://");
  if (mark == url.npos) return std::nullopt;
  Target target{url.substr(0, mark), url.substr(mark + 3), "/"};
  size_t end = target.authority.find_first_of("/?#");
  if (end != target.authority.npos) {
    target.rest = target.authority.substr(end);
    target.authority.resize(end);
    if (target.rest[0] != '/') target.rest.insert(0, "/");
    target.rest = target.rest.substr(0, target.rest.find('#'));
  }
  bool is_known = target.scheme == "http" || target.scheme == "https";
  if (!is_known || target.authority.empty()) return std::nullopt;
  return target;
}

Explanation refused(std::string why) {
  Explanation out;
  out.outcome = "refused";
  out.why = std::move(why);
  return out;
}

bool has_tls(const Router& router) { return router.second.tls.has_value(); }

bool is_on(const Router& router, const std::string& entry_point) {
  const auto& on = router.second.entry_points;
  return std::ranges::find(on, entry_point) != on.end();
}

std::string kind_text(const config::ServiceSpec& service) {
  using Kind = config::ServiceSpec::Kind;
  switch (service.kind) {
    case Kind::load_balancer:
      return "loadbalancer";
    case Kind::weighted:
      return "weighted";
    case Kind::mirroring:
      return "mirroring";
    case Kind::failover:
      return "failover";
    case Kind::highest_random_weight:
      return "highestrandomweight";
  }
  return "";
}

void add_service(const admin::View& view, const admin::State& state, const std::string& name,
                 Explanation& out) {
  out.service = name;
  auto at = view.objects.services.find(name);
  if (at == view.objects.services.end()) {
    out.service_type = config::provider_of(name) == "internal" ? "internal" : "";
    return;
  }
  out.service_type = kind_text(at->second);
  for (const config::ServerSpec& server : at->second.load_balancer.servers) {
    std::optional<bool> is_up = state.is_up(name, server.url);
    out.servers.push_back(
        {server.url, is_up ? (*is_up ? "UP" : "DOWN") : "unknown", server.weight});
  }
}

void add_middlewares(const admin::View& view, const std::vector<std::string>& names,
                     const std::string& origin, Explanation& out, int depth = 0) {
  for (const std::string& name : names) {
    auto at = view.objects.middlewares.find(name);
    std::string type = at == view.objects.middlewares.end() ? "" : at->second.type;
    out.middlewares.push_back({name, type, origin});
    if (type != "chain" || depth > 8) continue;
    std::vector<std::string> inner;
    config::read_names(at->second, [&](config::Target target, const std::string& other) {
      if (target == config::Target::middleware) inner.push_back(other);
    });
    add_middlewares(view, inner, "chain " + name, out, depth + 1);
  }
}

}  // namespace

// The request as the workers would see it.
struct Explainer::Asked {
  Arena arena;
  http::RequestHead head{arena};
  io::Address peer;
  bool is_tls = false;
  std::string_view path;
  routing::MatchContext context() { return {head, path, peer, arena}; }
  std::string fault;

  bool read(const admin::ExplainRequest& request, const Target& target) {
    is_tls = target.scheme == "https";
    std::string text =
        request.method + " " + target.rest + " HTTP/1.1\r\nHost: " + target.authority + "\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    text += "\r\n";
    http::HeadParser parser(http::HeadParser::Kind::request);
    Result<size_t> parsed = parser.parse(text, arena, head);
    if (!parsed || *parsed != text.size()) {
      fault = parsed ? "a header holds a line break" : std::string(words(parsed.error().code));
      return false;
    }
    Result<void> checked = http::check_request(head, arena, http::RequestPolicy{});
    if (!checked) {
      fault = std::string(words(checked.error().code));
      return false;
    }
    Result<io::Address> address = io::Address::parse(request.client_ip, 0);
    if (!address) {
      fault = "clientIP \"" + request.client_ip + "\" is no address";
      return false;
    }
    peer = *address;
    path = http::routing_path(head.path, arena);
    return true;
  }
};

Explainer::Explainer(const config::StaticConfig& config)
    : precedence_(config.providers.precedence),
      default_syntax_(config.core.default_rule_syntax),
      entry_points_(config.entry_points) {}

Explainer::RulePtr Explainer::rule_of(const config::RouterSpec& router) {
  const std::string& syntax = router.rule_syntax.empty() ? default_syntax_ : router.rule_syntax;
  std::pair<std::string, std::string> key{syntax, router.rule};
  std::lock_guard lock(mutex_);
  if (rules_.size() > kMostRules) rules_.clear();
  auto [at, is_new] = rules_.try_emplace(std::move(key));
  if (is_new) {
    auto made =
        syntax == "v2" ? routing::compile_rule_v2(router.rule) : routing::compile_rule(router.rule);
    if (made) at->second = *made;
  }
  return at->second;
}

std::vector<std::string> Explainer::entry_points_for(const admin::View& view,
                                                     const admin::ExplainRequest& request,
                                                     uint16_t port) const {
  if (!request.entry_point.empty()) return {request.entry_point};
  std::vector<std::string> found;
  for (const auto& [name, entry_point] : entry_points_) {
    if (!entry_point.listen.is_udp && entry_point.listen.port == port) found.push_back(name);
  }
  if (!found.empty()) return found;
  for (const auto& [name, entry_point] : view.entry_points) {
    if (!entry_point.listen.is_udp && name != config::kInternalEntryPoint) found.push_back(name);
  }
  return found;
}

void Explainer::ask_entry_point(const admin::View& view, const std::string& entry_point,
                                Asked& asked, Explanation& out) {
  std::vector<const Router*> tried;
  for (const Router& router : view.objects.routers) {
    if (is_on(router, entry_point) && has_tls(router) == asked.is_tls) tried.push_back(&router);
  }
  config::Precedence precedence(precedence_);
  std::ranges::sort(tried, [&](const Router* a, const Router* b) {
    return config::is_tried_before(*a, *b, precedence);
  });
  out.routers = tried.size();
  out.entry_point = entry_point;
  const Router* winner = nullptr;
  size_t matching = 0;
  routing::MatchContext context = asked.context();
  for (const Router* router : tried) {
    RulePtr rule = rule_of(router->second);
    if (rule == nullptr) continue;
    Explanation::Candidate candidate{router->first,
                                     router->second.rule,
                                     config::effective_priority(router->second),
                                     false,
                                     {},
                                     ""};
    bool has_any = false;
    for (const auto& leaf : rule->leaves()) {
      bool is_match = leaf.predicate->matches(context);
      has_any = has_any || is_match;
      candidate.verdicts.push_back({leaf.predicate->text(), is_match});
    }
    candidate.is_match = routing::holds(*rule, context);
    if (candidate.is_match) ++matching;
    if (candidate.is_match && winner == nullptr) {
      winner = router;
      candidate.why = "the first that matches";
    } else if (candidate.is_match) {
      candidate.why = "matches too, but " + *out.winner + " is tried before";
    } else {
      candidate.why = routing::refused_by(*rule, context) + " does not match";
    }
    if (winner == router) out.winner = router->first;
    bool is_shown = candidate.is_match || has_any;
    if (is_shown && out.candidates.size() < kMostCandidates)
      out.candidates.push_back(std::move(candidate));
  }
  if (winner == nullptr) return;
  out.outcome = "matched";
  out.winner_why = "priority " + std::to_string(config::effective_priority(winner->second)) +
                   (matching == 1 ? ", the only one of " : ", the first in order of ") +
                   std::to_string(matching == 1 ? tried.size() : matching) +
                   (matching == 1 ? " routers that matches" : " that match");
  out.service = winner->second.service;
}

// Nothing matched: perhaps something nearly did. What was left out counts first, then what answers
// only the other scheme here, then what is elsewhere.
void Explainer::add_hints(const admin::View& view, Asked& asked, Explanation& out) {
  routing::MatchContext context = asked.context();
  auto would_match = [&](const config::RouterSpec& router) {
    RulePtr rule = rule_of(router);
    return rule != nullptr && routing::holds(*rule, context);
  };
  for (const auto& [name, router] : view.validation.rejected.routers) {
    if (!would_match(router)) continue;
    auto status = view.validation.routers.find(name);
    bool has_reason = status != view.validation.routers.end() && !status->second.errors.empty();
    out.why = "router " + name + " would match, but is left out: " +
              (has_reason ? status->second.errors[0] : "see the diagnostics");
    return;
  }
  out.why = "no rule matches; the answer is 404";
  for (const Router& router : view.objects.routers) {
    bool is_internal = config::provider_of(router.first) == "internal";
    if (is_internal || !would_match(router.second)) continue;
    if (!is_on(router, out.entry_point)) {
      out.why = "router " + router.first + " matches, but is on other entry points";
      continue;
    }
    out.why = "router " + router.first + " matches, but answers only " +
              (has_tls(router) ? "HTTPS" : "plain HTTP") + " here";
    return;
  }
}

Explanation Explainer::explain(const admin::View& view, const admin::State& state,
                               const admin::ExplainRequest& request) {
  std::optional<Target> target = split_url(request.url);
  if (!target) return refused("\"" + request.url + "\" is no URL; write http://host/path");
  Asked asked;
  if (!asked.read(request, *target)) return refused("refused with an error: " + asked.fault);
  auto parts = http::split_host_port(asked.head.authority);
  uint16_t port = parts && parts->port != 0 ? parts->port : asked.is_tls ? 443 : 80;
  std::vector<std::string> entry_points = entry_points_for(view, request, port);
  if (entry_points.empty()) return refused("there is no entry point for that URL");
  Explanation out;
  for (const std::string& entry_point : entry_points) {
    if (!view.entry_points.contains(entry_point))
      return refused("there is no entry point \"" + entry_point + "\"");
    out = {};
    ask_entry_point(view, entry_point, asked, out);
    if (out.winner) break;
  }
  out.request = {{"method", request.method},        {"host", std::string(asked.head.host)},
                 {"path", std::string(asked.path)}, {"query", std::string(asked.head.query)},
                 {"scheme", target->scheme},        {"client", request.client_ip}};
  if (!out.winner) {
    out.outcome = "no router";
    add_hints(view, asked, out);
    return out;
  }
  const config::RouterSpec& router = view.objects.routers.find(*out.winner)->second;
  add_middlewares(view, router.middlewares, "router " + *out.winner, out);
  add_service(view, state, router.service, out);
  return out;
}

}  // namespace fairlead
