// Services of a dynamic document.
#include "config/composite_options.h"
#include "config/dynamic_parts.h"

namespace fairlead::config {
namespace {

using Kind = ServiceSpec::Kind;

void decode_cookie(Reader& reader, CookieSpec& cookie) {
  reader.read("name", cookie.name);
  reader.read("secure", cookie.secure);
  reader.read("httpOnly", cookie.http_only);
  reader.read_word("sameSite", cookie.same_site, {"none", "lax", "strict", "default"});
  reader.read("maxAge", cookie.max_age);
  reader.read("path", cookie.path);
  reader.read("domain", cookie.domain);
}

void decode_sticky(Reader& parent, std::optional<CookieSpec>& out) {
  bool is_there = parent.child("sticky", [&](Reader& sticky) {
    sticky.child("cookie", [&](Reader& cookie) { decode_cookie(cookie, out.emplace()); });
  });
  if (is_there && !out) {
    parent.warning("sticky", "does nothing without a cookie; write \"sticky: {cookie: {}}\"");
  }
}

void decode_health_check(Reader& reader, HealthCheckSpec& check) {
  reader.read("path", check.path);
  reader.read_word("mode", check.mode, {"http", "grpc"});
  reader.read_word("scheme", check.scheme, {"http", "https", "h2c"});
  reader.read("method", check.method);
  reader.read("hostname", check.hostname);
  reader.read("port", check.port);
  reader.read("status", check.status);
  reader.read("interval", check.interval);
  reader.read("timeout", check.timeout);
  Milliseconds unhealthy{0};
  if (reader.read("unhealthyInterval", unhealthy)) check.unhealthy_interval = unhealthy;
  reader.read("followRedirects", check.follows_redirects);
  reader.read("headers", check.headers);
  reader.read("rise", check.rise);
  reader.read("fall", check.fall);
  if (check.port < 0 || check.port > 65535) reader.error("port", "must be between 1 and 65535");
  if (check.status != 0 && (check.status < 100 || check.status > 599)) {
    reader.error("status", "must be an HTTP status between 100 and 599");
  }
  if (check.rise < 1 || check.rise > 1000) reader.error("rise", "must be between 1 and 1000");
  if (check.fall < 1 || check.fall > 1000) reader.error("fall", "must be between 1 and 1000");
  if (check.interval <= Milliseconds{0}) reader.error("interval", "must be longer than 0");
  if (check.timeout <= Milliseconds{0}) reader.error("timeout", "must be longer than 0");
  if (check.path.contains("://")) reader.error("path", "must be a path, not a whole URL");
}

void decode_passive_check(Reader& reader, PassiveHealthCheckSpec& check) {
  reader.read("failureWindow", check.failure_window);
  reader.read("maxFailedAttempts", check.max_failed_attempts);
  if (check.failure_window <= Milliseconds{0})
    reader.error("failureWindow", "must be longer than 0");
  if (check.max_failed_attempts < 1) reader.error("maxFailedAttempts", "must be at least 1");
}

void decode_server(Reader& item, std::vector<ServerSpec>& servers) {
  ServerSpec server;
  item.read("url", server.url);
  item.read("weight", server.weight);
  item.read("preservePath", server.preserves_path);
  item.read("fenced", server.is_fenced);
  item.finish();
  if (server.url.empty()) item.error("url", "is required, e.g. \"http://10.0.0.2:8080\"");
  if (!item.has_errors()) servers.push_back(std::move(server));
}

// Servers have readers of their own: a broken one costs only itself, not the service.
void decode_servers(Reader& balancer, std::vector<ServerSpec>& servers,
                    const DecodeContext& context) {
  const Node* list = balancer.raw("servers");
  if (list == nullptr || list->is_null()) return;
  if (!list->is_list()) {
    balancer.error("servers", "must be a list of {url, weight, preservePath}");
    return;
  }
  for (size_t i = 0; i < list->items.size(); ++i) {
    Reader item(&list->items[i], context.source, balancer.object(),
                balancer.path() + ".servers[" + std::to_string(i) + "]", context.diagnostics);
    if (!item.has_errors()) decode_server(item, servers);
  }
}

void decode_consistent_hash(Reader& reader, ConsistentHashSpec& hash) {
  reader.read("header", hash.header);
  reader.read("cookie", hash.cookie);
  reader.read("query", hash.query);
  if (int(!hash.header.empty()) + int(!hash.cookie.empty()) + int(!hash.query.empty()) > 1) {
    reader.error("",
                 "has several keys; name one of header, cookie and query, or none for the "
                 "client's address");
  }
}

void decode_load_balancer(Reader& reader, LoadBalancerSpec& out, const DecodeContext& context) {
  decode_servers(reader, out.servers, context);
  bool has_strategy = reader.read("strategy", out.strategy);
  reader.child("consistentHash",
               [&](Reader& r) { decode_consistent_hash(r, out.consistent_hash.emplace()); });
  if (has_strategy && out.strategy != "wrr" && out.consistent_hash) {
    reader.error("strategy", "does not go with consistentHash; keep one of the two");
  }
  reader.read("passHostHeader", out.passes_host_header);
  decode_sticky(reader, out.sticky);
  reader.child("healthCheck",
               [&](Reader& r) { decode_health_check(r, out.health_check.emplace()); });
  reader.child("passiveHealthCheck",
               [&](Reader& r) { decode_passive_check(r, out.passive_health_check.emplace()); });
  reader.read("serversTransport", out.servers_transport);
  reader.child("responseForwarding",
               [&](Reader& r) { r.read("flushInterval", out.flush_interval); });
}

// healthCheck has no options of its own: its presence lets the state of the children show upwards.
void decode_propagation(Reader& reader, Node& options) {
  if (reader.child("healthCheck", [](Reader&) {})) options.at("healthCheck") = Node::map();
}

void decode_weighted(Reader& reader, ServiceSpec& out) {
  reader.each_item("services", [&](Reader& item) {
    WeightedRef ref;
    item.read("name", ref.name);
    item.read("weight", ref.weight);
    if (ref.name.empty()) item.error("name", "is required: the name of a service");
    if (ref.weight < 0) item.error("weight", "must not be negative");
    out.services.push_back(std::move(ref));
  });
  if (out.kind == Kind::weighted) decode_sticky(reader, out.sticky);
  out.options = Node::map();
  decode_propagation(reader, out.options);
}

void decode_mirroring(Reader& reader, ServiceSpec& out) {
  read_mirroring(reader);
  out.options = *reader.node();
}

void decode_failover(Reader& reader, ServiceSpec& out) {
  read_failover(reader);
  out.options = *reader.node();
}

struct KindName {
  std::string_view key;
  Kind kind;
};
constexpr KindName kKinds[] = {{"loadBalancer", Kind::load_balancer},
                               {"weighted", Kind::weighted},
                               {"mirroring", Kind::mirroring},
                               {"failover", Kind::failover},
                               {"highestRandomWeight", Kind::highest_random_weight}};
constexpr std::string_view kKindList =
    "loadBalancer, weighted, mirroring, failover, highestRandomWeight";

// The one kind of a service; reports none or several.
const KindName* kind_of(Reader& reader) {
  const KindName* found = nullptr;
  for (const KindName& candidate : kKinds) {
    const Node* node = reader.node() ? reader.node()->find(candidate.key) : nullptr;
    if (!is_switched_on(node)) continue;
    if (found != nullptr) {
      reader.error("", "is both " + std::string(found->key) + " and " + std::string(candidate.key) +
                           "; a service is exactly one of " + std::string(kKindList));
      return nullptr;
    }
    found = &candidate;
  }
  if (found == nullptr) reader.error("", "needs exactly one of " + std::string(kKindList));
  return found;
}

}  // namespace

std::optional<ServiceSpec> decode_service(Reader& reader, const DecodeContext& context) {
  for (const KindName& name : kKinds) reader.ignore(name.key);
  const KindName* kind = kind_of(reader);
  ServiceSpec out;
  if (kind != nullptr) {
    out.kind = kind->kind;
    reader.child(kind->key, [&](Reader& body) {
      switch (out.kind) {
        case Kind::load_balancer:
          return decode_load_balancer(body, out.load_balancer, context);
        case Kind::weighted:
        case Kind::highest_random_weight:
          return decode_weighted(body, out);
        case Kind::mirroring:
          return decode_mirroring(body, out);
        case Kind::failover:
          return decode_failover(body, out);
      }
    });
  }
  reader.read("middlewares", out.middlewares);
  reader.finish();
  if (reader.has_errors()) return std::nullopt;
  return out;
}

}  // namespace fairlead::config
