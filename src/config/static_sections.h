// The smaller sections of the static configuration: logs, metrics, API, transport defaults, limits.
// Values, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "config/node.h"
#include "config/reader.h"

namespace fairlead::config {

struct LogConfig {
  std::string level = "INFO";     // TRACE DEBUG INFO WARN ERROR FATAL PANIC
  std::string format = "common";  // common, json
  std::string file_path;          // "": standard output
  bool has_no_color = false;
  int64_t max_size = 0, max_age = 0, max_backups = 0;
  bool compresses = false;
  std::optional<Node> otlp;
  bool operator==(const LogConfig&) const = default;
};

struct AccessLogFilters {
  std::vector<std::string> status_codes;  // "200", "400-499"
  bool retry_attempts = false;
  Milliseconds min_duration{0};
  bool operator==(const AccessLogFilters&) const = default;
};

struct FieldModes {
  std::string default_mode = "keep";         // keep, drop; headers also redact
  std::map<std::string, std::string> names;  // field or header -> mode
  bool operator==(const FieldModes&) const = default;
};

struct QueryParameterModes {
  std::string default_mode = "keep";
  bool operator==(const QueryParameterModes&) const = default;
};

struct AccessLogFields {
  std::string default_mode = "keep";
  std::map<std::string, std::string> names;
  FieldModes headers{"drop", {}};
  QueryParameterModes query_parameters;
  bool operator==(const AccessLogFields&) const = default;
};

struct AccessLogConfig {
  std::string file_path;          // "": standard output
  std::string format = "common";  // common, genericCLF, json
  int64_t buffering_size = 0;
  bool adds_internals = false;
  AccessLogFilters filters;
  AccessLogFields fields;
  bool has_dual_output = false;
  std::optional<Node> otlp;
  bool operator==(const AccessLogConfig&) const = default;
};

struct PrometheusConfig {
  std::vector<double> buckets{0.1, 0.3, 1.2, 5.0};
  std::string entry_point = "traefik";
  bool has_manual_routing = false;
  std::map<std::string, std::string> header_labels;  // label -> header
  bool adds_entry_points_labels = true;
  bool adds_routers_labels = false;
  bool adds_services_labels = true;
  bool operator==(const PrometheusConfig&) const = default;
};

struct MetricsConfig {
  bool adds_internals = false;
  std::optional<PrometheusConfig> prometheus;
  bool operator==(const MetricsConfig&) const = default;
};

struct PingConfig {
  std::string entry_point = "traefik";
  bool has_manual_routing = false;
  int64_t terminating_status_code = 503;
  bool operator==(const PingConfig&) const = default;
};

struct ApiConfig {
  bool is_insecure = false;
  bool has_dashboard = true;
  bool has_debug = false;
  std::string base_path = "/";
  bool disables_dashboard_ad = false;
  std::string dashboard_name;
  bool operator==(const ApiConfig&) const = default;
};

struct GlobalConfig {
  bool checks_new_version = true;  // accepted; Fairlead never calls home
  bool sends_anonymous_usage = false;
  bool not_append_x_forwarded_for = false;
  bool operator==(const GlobalConfig&) const = default;
};

struct ForwardingTimeouts {
  Milliseconds dial{30'000};
  Milliseconds response_header{0};  // 0: none
  Milliseconds idle_conn{90'000};
  Milliseconds read_idle{0};
  Milliseconds ping{15'000};
  bool operator==(const ForwardingTimeouts&) const = default;
};

// Defaults for every transport to services.
struct ServersTransportConfig {
  std::string server_name;
  bool skips_verify = false;
  std::vector<std::string> root_cas;
  std::vector<CertificateSpec> certificates;
  std::vector<std::string> cipher_suites;
  std::string min_version, max_version;
  int64_t max_idle_conns_per_host = 200;
  bool disables_http2 = false;
  std::string peer_cert_uri;
  ForwardingTimeouts forwarding_timeouts;
  std::optional<Node> spiffe, peer_cert_sans;
  bool operator==(const ServersTransportConfig&) const = default;
};

struct CoreConfig {
  std::string default_rule_syntax = "v3";  // v3, v2
  bool operator==(const CoreConfig&) const = default;
};

struct HostResolverConfig {
  bool flattens_cname = false;
  std::string resolv_config = "/etc/resolv.conf";
  int64_t resolv_depth = 5;
  bool operator==(const HostResolverConfig&) const = default;
};

// The timeouts; 0 means none.
struct LimitsConfig {
  Milliseconds handshake{5'000};
  Milliseconds client_header{10'000};
  Milliseconds client_idle{30'000};
  Milliseconds client_write{60'000};
  Milliseconds request_total{0};
  Milliseconds upstream_connect{30'000};
  Milliseconds upstream_head{0};
  Milliseconds upstream_idle{0};
  Milliseconds keepalive{180'000};
  Milliseconds drain{10'000};
  Milliseconds hand_over{600'000};
  int64_t udp_sessions = 8192;
  bool operator==(const LimitsConfig&) const = default;
};

}  // namespace fairlead::config
