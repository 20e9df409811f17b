// The dynamic configuration as values: what one provider says (Fragment) and what all say together
// (DynamicConfig). Names in a fragment are plain ("web"); after merging they are qualified
// ("web@docker"). Middlewares carry their options as an opaque Node, so nothing here changes when a
// middleware is added. Values with ==, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/node.h"
#include "config/reader.h"
#include "config/section.h"

namespace fairlead::config {

struct DomainSpec {
  std::string main;
  std::vector<std::string> sans;
  bool operator==(const DomainSpec&) const = default;
};

struct RouterTlsSpec {
  std::string options;  // "" = default
  std::string cert_resolver;
  std::vector<DomainSpec> domains;
  bool operator==(const RouterTlsSpec&) const = default;
};

struct ObservabilitySpec {
  std::optional<bool> access_logs, metrics, tracing;
  std::string trace_verbosity;
  bool operator==(const ObservabilitySpec&) const = default;
};

struct RouterSpec {
  std::vector<std::string> entry_points;  // empty: the defaults
  std::string rule;
  std::string service;
  std::vector<std::string> middlewares;
  int64_t priority = 0;     // 0: length of the rule
  std::string rule_syntax;  // "", "v3" or "v2"
  std::optional<RouterTlsSpec> tls;
  ObservabilitySpec observability;
  std::vector<std::string> parent_refs;
  bool is_default_rule = false;  // the rule came from defaultRule: guarded against loops
  bool operator==(const RouterSpec&) const = default;
};

struct ServerSpec {
  std::string url;  // "http://10.0.0.2:80"
  int64_t weight = 1;
  bool preserves_path = false;
  bool is_fenced = false;  // terminating: only for requests that carry its cookie
  bool operator==(const ServerSpec&) const = default;
};

struct CookieSpec {
  std::string name, same_site, path = "/", domain;
  bool secure = false, http_only = false;
  int64_t max_age = 0;
  bool operator==(const CookieSpec&) const = default;
};

struct HealthCheckSpec {
  std::string path, mode = "http", scheme, method, hostname;
  int64_t port = 0, status = 0;
  int64_t rise = 1, fall = 1;  // verdicts in a row that change a server's state
  Milliseconds interval{30'000}, timeout{5'000};
  std::optional<Milliseconds> unhealthy_interval;
  bool follows_redirects = true;
  std::map<std::string, std::string> headers;
  bool operator==(const HealthCheckSpec&) const = default;
};

struct PassiveHealthCheckSpec {
  Milliseconds failure_window{10'000};
  int64_t max_failed_attempts = 1;
  bool operator==(const PassiveHealthCheckSpec&) const = default;
};

// Which server a request goes to follows from one of its values; with none named, from the client's
// address.
struct ConsistentHashSpec {
  std::string header, cookie, query;  // a name; at most one of them
  bool operator==(const ConsistentHashSpec&) const = default;
};

struct LoadBalancerSpec {
  std::vector<ServerSpec> servers;
  std::string strategy = "wrr";
  std::optional<ConsistentHashSpec> consistent_hash;  // instead of a strategy
  bool passes_host_header = true;
  std::optional<CookieSpec> sticky;
  std::optional<HealthCheckSpec> health_check;
  std::optional<PassiveHealthCheckSpec> passive_health_check;
  std::string servers_transport;
  Milliseconds flush_interval{100};
  bool operator==(const LoadBalancerSpec&) const = default;
};

struct WeightedRef {
  std::string name;
  int64_t weight = 1;
  bool operator==(const WeightedRef&) const = default;
};

// A service is exactly one of these kinds.
struct ServiceSpec {
  enum class Kind : uint8_t { load_balancer, weighted, mirroring, failover, highest_random_weight };
  Kind kind = Kind::load_balancer;
  LoadBalancerSpec load_balancer;
  std::vector<WeightedRef> services;  // weighted, highestRandomWeight
  std::optional<CookieSpec> sticky;   // weighted
  Node options;                       // mirroring and failover, as written; of the other two
                                      // composite kinds a map with healthCheck when it is set
  std::vector<std::string> middlewares;
  bool operator==(const ServiceSpec&) const = default;
};

struct MiddlewareSpec {
  std::string type;  // the spelling of the registry ("addPrefix")
  Node options;
  bool operator==(const MiddlewareSpec&) const = default;
};

// A named object whose options are read by the folder that serves it (serversTransports,
// tls.options, tcp, udp …).
struct OpaqueSpec {
  Node options;
  bool operator==(const OpaqueSpec&) const = default;
};

struct CertificateSpec {
  std::string cert_file, key_file;  // a path or inline PEM
  std::vector<std::string> stores;
  bool operator==(const CertificateSpec&) const = default;
};

// What is configured beside HTTP's routers, services and middlewares, by name.
struct OtherObjects {
  std::map<std::string, OpaqueSpec> servers_transports;
  std::map<std::string, OpaqueSpec> tcp_routers, tcp_services, tcp_middlewares,
      tcp_servers_transports;
  std::map<std::string, OpaqueSpec> udp_routers, udp_services;
  std::vector<CertificateSpec> certificates;
  std::map<std::string, OpaqueSpec> tls_options, tls_stores;
  bool operator==(const OtherObjects&) const = default;
};

// What one provider configures: names are plain.
struct Objects : OtherObjects {
  std::map<std::string, RouterSpec> routers;
  std::map<std::string, ServiceSpec> services;
  std::map<std::string, MiddlewareSpec> middlewares;
  bool operator==(const Objects&) const = default;
};

// What all configure: names are qualified. Those of which there are thousands are shared with the
// configuration before.
struct MergedObjects : OtherObjects {
  Section<RouterSpec> routers;
  Section<ServiceSpec> services;
  Section<MiddlewareSpec> middlewares;
  bool operator==(const MergedObjects&) const = default;
};
// The same objects as they are, names included.
MergedObjects shared(Objects objects);

// Everything one provider says at one moment.
struct Fragment {
  std::string provider;  // "docker", "file": the part after @
  Objects objects;
  Diagnostics diagnostics;  // what it had to leave out, and doubts
  bool operator==(const Fragment&) const = default;
};

// What all providers say, merged and validated.
struct DynamicConfig {
  uint64_t version = 0;
  MergedObjects objects;
  Diagnostics diagnostics;
};

// Reads a dynamic document (the tree under http/tcp/udp/tls) into objects. A broken element is left
// out alone and reported; unknown keys are warnings with the nearest known key. `source` as in
// Diagnostic.
Objects decode_dynamic(const Node& document, const std::string& source, Diagnostics& diagnostics);
// The reverse, with Traefik's spelling: for the API, `print`, and the last good configuration on
// disk.
Node encode_dynamic(const Objects& objects);
Node encode_dynamic(const MergedObjects& objects);
// One object by itself, as it stands under its name.
Node encode(const RouterSpec& router);
Node encode(const ServiceSpec& service);
Node encode(const MiddlewareSpec& middleware);
Node encode(const OpaqueSpec& object);
// "10s" or "250ms".
std::string to_text(Milliseconds duration);

}  // namespace fairlead::config
