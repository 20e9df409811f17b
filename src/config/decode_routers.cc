// Routers and middlewares of a dynamic document.
#include "config/dynamic_parts.h"

namespace fairlead::config {
namespace {

void decode_observability(Reader& reader, ObservabilitySpec& out) {
  reader.read("accessLogs", out.access_logs);
  reader.read("metrics", out.metrics);
  reader.read("tracing", out.tracing);
  reader.read_word("traceVerbosity", out.trace_verbosity, {"minimal", "detailed"});
}

std::vector<std::string_view> keys_of(const Node& map) {
  std::vector<std::string_view> keys;
  for (const Member& member : map.members) keys.push_back(member.key);
  return keys;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

}  // namespace

void decode_router_tls(Reader& reader, RouterTlsSpec& tls) {
  reader.read("options", tls.options);
  reader.read("certResolver", tls.cert_resolver);
  reader.each_item("domains", [&](Reader& item) {
    DomainSpec domain;
    item.read("main", domain.main);
    item.read("sans", domain.sans);
    tls.domains.push_back(std::move(domain));
  });
}

std::optional<RouterSpec> decode_router(Reader& reader, const DecodeContext&) {
  RouterSpec router;
  reader.read("entryPoints", router.entry_points);
  reader.read("rule", router.rule);
  reader.read("service", router.service);
  reader.read("middlewares", router.middlewares);
  reader.read("priority", router.priority);
  reader.read_word("ruleSyntax", router.rule_syntax, {"v3", "v2"});
  reader.child("tls", [&](Reader& tls) { decode_router_tls(tls, router.tls.emplace()); });
  reader.child("observability", [&](Reader& r) { decode_observability(r, router.observability); });
  reader.read("parentRefs", router.parent_refs);
  reader.read("defaultRule", router.is_default_rule);
  reader.finish();
  // Why: a router with a misread field could answer what it must not (no TLS, other middlewares).
  if (reader.has_errors()) return std::nullopt;
  return router;
}

std::optional<MiddlewareSpec> decode_middleware(Reader& reader, const DecodeContext&) {
  const Node* node = reader.node();
  if (node == nullptr || !node->is_map() || node->members.empty()) {
    reader.error("", "a middleware needs exactly one type with its options, e.g. \"compress: {}\"");
    return std::nullopt;
  }
  if (node->members.size() > 1) {
    reader.error("", "a middleware is of exactly one type, but here are " + joined(keys_of(*node)) +
                         "; make one middleware of each and list them in the router");
    return std::nullopt;
  }
  const Member& only = node->members.front();
  if (!is_switched_on(&only.value) || only.value.is_list()) {
    reader.error(only.key, "must be a map of options, or true for the defaults");
    return std::nullopt;
  }
  return MiddlewareSpec{only.key, options_of(only.value)};
}

}  // namespace fairlead::config
