// Objects back into a document with Traefik's spelling. What equals its default is left out, but
// for the few fields that Traefik's API always shows; decoding the result yields equal objects.
#include "config/dynamic.h"

namespace fairlead::config {
namespace {

void put(Node& map, std::string_view key, Node value) {
  map.members.push_back({std::string(key), std::move(value)});
}
void put(Node& map, std::string_view key, const std::string& text) {
  if (!text.empty()) put(map, key, Node::string(text));
}
void put_int(Node& map, std::string_view key, int64_t value, int64_t usual) {
  if (value != usual) put(map, key, Node::text(std::to_string(value)));
}
void put_bool(Node& map, std::string_view key, bool value) {
  put(map, key, Node::text(value ? "true" : "false"));
}
void put_true(Node& map, std::string_view key, bool value) {
  if (value) put_bool(map, key, true);
}
void put_tristate(Node& map, std::string_view key, std::optional<bool> value) {
  if (value) put_bool(map, key, *value);
}
void put_list(Node& map, std::string_view key, const std::vector<std::string>& words) {
  if (words.empty()) return;
  Node list = Node::list();
  for (const std::string& word : words) list.items.push_back(Node::string(word));
  put(map, key, std::move(list));
}
void put_duration(Node& map, std::string_view key, Milliseconds value) {
  put(map, key, Node::string(to_text(value)));
}

template <class ByName>
void put_section(Node& map, std::string_view key, const ByName& objects) {
  if (objects.empty()) return;
  Node section = Node::map();
  for (const auto& [name, spec] : objects) put(section, name, encode(spec));
  put(map, key, std::move(section));
}

void put_group(Node& document, std::string_view key, Node group) {
  if (!group.members.empty()) put(document, key, std::move(group));
}

Node encode(const CookieSpec& cookie) {
  Node node = Node::map();
  put(node, "name", cookie.name);
  put_true(node, "secure", cookie.secure);
  put_true(node, "httpOnly", cookie.http_only);
  put(node, "sameSite", cookie.same_site);
  put_int(node, "maxAge", cookie.max_age, 0);
  put(node, "path", Node::string(cookie.path));
  put(node, "domain", cookie.domain);
  return node;
}

void put_sticky(Node& map, const std::optional<CookieSpec>& cookie) {
  if (!cookie) return;
  Node sticky = Node::map();
  put(sticky, "cookie", encode(*cookie));
  put(map, "sticky", std::move(sticky));
}

Node encode(const HealthCheckSpec& check) {
  Node node = Node::map();
  put(node, "scheme", check.scheme);
  put(node, "mode", check.mode);
  put(node, "path", check.path);
  put(node, "method", check.method);
  put_int(node, "status", check.status, 0);
  put_int(node, "port", check.port, 0);
  put_duration(node, "interval", check.interval);
  if (check.unhealthy_interval) put_duration(node, "unhealthyInterval", *check.unhealthy_interval);
  put_duration(node, "timeout", check.timeout);
  put_int(node, "rise", check.rise, 1);
  put_int(node, "fall", check.fall, 1);
  put(node, "hostname", check.hostname);
  put_bool(node, "followRedirects", check.follows_redirects);
  if (check.headers.empty()) return node;
  Node headers = Node::map();
  for (const auto& [name, value] : check.headers) put(headers, name, Node::string(value));
  put(node, "headers", std::move(headers));
  return node;
}

Node encode(const PassiveHealthCheckSpec& check) {
  Node node = Node::map();
  put_duration(node, "failureWindow", check.failure_window);
  put(node, "maxFailedAttempts", Node::text(std::to_string(check.max_failed_attempts)));
  return node;
}

Node encode(const ServerSpec& server) {
  Node node = Node::map();
  put(node, "url", server.url);
  put_int(node, "weight", server.weight, 1);
  put_true(node, "preservePath", server.preserves_path);
  put_true(node, "fenced", server.is_fenced);
  return node;
}

Node encode(const LoadBalancerSpec& balancer) {
  Node node = Node::map();
  put_sticky(node, balancer.sticky);
  if (!balancer.servers.empty()) {
    Node list = Node::list();
    for (const ServerSpec& server : balancer.servers) list.items.push_back(encode(server));
    put(node, "servers", std::move(list));
  }
  put(node, "strategy", Node::string(balancer.strategy));
  if (balancer.consistent_hash) {
    Node hash = Node::map();
    put(hash, "header", balancer.consistent_hash->header);
    put(hash, "cookie", balancer.consistent_hash->cookie);
    put(hash, "query", balancer.consistent_hash->query);
    put(node, "consistentHash", std::move(hash));
  }
  if (balancer.health_check) put(node, "healthCheck", encode(*balancer.health_check));
  if (balancer.passive_health_check) {
    put(node, "passiveHealthCheck", encode(*balancer.passive_health_check));
  }
  put_bool(node, "passHostHeader", balancer.passes_host_header);
  Node forwarding = Node::map();
  put_duration(forwarding, "flushInterval", balancer.flush_interval);
  put(node, "responseForwarding", std::move(forwarding));
  put(node, "serversTransport", balancer.servers_transport);
  return node;
}

Node encode_weighted(const ServiceSpec& service) {
  Node node = Node::map();
  Node list = Node::list();
  for (const WeightedRef& ref : service.services) {
    Node item = Node::map();
    put(item, "name", ref.name);
    put(item, "weight", Node::text(std::to_string(ref.weight)));
    list.items.push_back(std::move(item));
  }
  if (!list.items.empty()) put(node, "services", std::move(list));
  put_sticky(node, service.sticky);
  for (const Member& member : service.options.members) put(node, member.key, member.value);
  return node;
}

Node encode(const RouterTlsSpec& tls) {
  Node node = Node::map();
  put(node, "options", tls.options);
  put(node, "certResolver", tls.cert_resolver);
  if (tls.domains.empty()) return node;
  Node list = Node::list();
  for (const DomainSpec& domain : tls.domains) {
    Node item = Node::map();
    put(item, "main", domain.main);
    put_list(item, "sans", domain.sans);
    list.items.push_back(std::move(item));
  }
  put(node, "domains", std::move(list));
  return node;
}

Node encode_tls(const OtherObjects& objects) {
  Node tls = Node::map();
  Node list = Node::list();
  for (const CertificateSpec& certificate : objects.certificates) {
    Node item = Node::map();
    put(item, "certFile", certificate.cert_file);
    put(item, "keyFile", certificate.key_file);
    put_list(item, "stores", certificate.stores);
    list.items.push_back(std::move(item));
  }
  if (!list.items.empty()) put(tls, "certificates", std::move(list));
  put_section(tls, "options", objects.tls_options);
  put_section(tls, "stores", objects.tls_stores);
  return tls;
}

}  // namespace

Node encode(const RouterSpec& router) {
  Node node = Node::map();
  put_list(node, "entryPoints", router.entry_points);
  put_list(node, "middlewares", router.middlewares);
  put(node, "service", router.service);
  put(node, "rule", router.rule);
  put_list(node, "parentRefs", router.parent_refs);
  put(node, "ruleSyntax", router.rule_syntax);
  put_int(node, "priority", router.priority, 0);
  if (router.tls) put(node, "tls", encode(*router.tls));
  Node observability = Node::map();
  put_tristate(observability, "accessLogs", router.observability.access_logs);
  put_tristate(observability, "metrics", router.observability.metrics);
  put_tristate(observability, "tracing", router.observability.tracing);
  put(observability, "traceVerbosity", router.observability.trace_verbosity);
  put_group(node, "observability", std::move(observability));
  put_true(node, "defaultRule", router.is_default_rule);
  return node;
}

Node encode(const ServiceSpec& service) {
  using Kind = ServiceSpec::Kind;
  Node node = Node::map();
  switch (service.kind) {
    case Kind::load_balancer:
      put(node, "loadBalancer", encode(service.load_balancer));
      break;
    case Kind::weighted:
      put(node, "weighted", encode_weighted(service));
      break;
    case Kind::highest_random_weight:
      put(node, "highestRandomWeight", encode_weighted(service));
      break;
    case Kind::mirroring:
      put(node, "mirroring", service.options);
      break;
    case Kind::failover:
      put(node, "failover", service.options);
      break;
  }
  put_list(node, "middlewares", service.middlewares);
  return node;
}

Node encode(const MiddlewareSpec& middleware) {
  Node node = Node::map();
  put(node, middleware.type, middleware.options);
  return node;
}

Node encode(const OpaqueSpec& object) { return object.options; }

std::string to_text(Milliseconds duration) {
  bool is_whole = duration.count() % 1000 == 0;
  return is_whole ? std::to_string(duration.count() / 1000) + "s"
                  : std::to_string(duration.count()) + "ms";
}

namespace {

template <class AnyObjects>
Node encode_all(const AnyObjects& objects) {
  Node document = Node::map();
  Node http = Node::map(), tcp = Node::map(), udp = Node::map();
  put_section(http, "routers", objects.routers);
  put_section(http, "services", objects.services);
  put_section(http, "middlewares", objects.middlewares);
  put_section(http, "serversTransports", objects.servers_transports);
  put_section(tcp, "routers", objects.tcp_routers);
  put_section(tcp, "services", objects.tcp_services);
  put_section(tcp, "middlewares", objects.tcp_middlewares);
  put_section(tcp, "serversTransports", objects.tcp_servers_transports);
  put_section(udp, "routers", objects.udp_routers);
  put_section(udp, "services", objects.udp_services);
  put_group(document, "http", std::move(http));
  put_group(document, "tcp", std::move(tcp));
  put_group(document, "udp", std::move(udp));
  put_group(document, "tls", encode_tls(objects));
  return document;
}

}  // namespace

Node encode_dynamic(const Objects& objects) { return encode_all(objects); }
Node encode_dynamic(const MergedObjects& objects) { return encode_all(objects); }

}  // namespace fairlead::config
