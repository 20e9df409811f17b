// What the sections of the static configuration consist of: one line an option with its key and
// meaning (static_fields.h).
#pragma once

#include "config/entry_point_fields.h"
#include "config/static_kubernetes_fields.h"
#include "config/static_providers.h"
#include "config/static_sections.h"

namespace fairlead::config {

template <class V, Is<ClientTls> T>
void fields(V& v, T& t) {
  v.value("ca", t.ca, "authority of the server's certificate: path or PEM");
  v.value("cert", t.cert, "client certificate: path or PEM");
  v.secret("key", t.key, "its key: path or PEM");
  v.value("insecureSkipVerify", t.skips_verify, "accept any certificate");
}

template <class V, Is<DockerProviderConfig> T>
void fields(V& v, T& t) {
  v.value("endpoint", t.endpoint, "the engine: `unix://`, `tcp://`, `http://` or `https://`");
  v.value("username", t.username, "user of a protected endpoint");
  v.secret("password", t.password, "its password");
  v.optional("tls", t.tls, "TLS towards the engine");
  v.value("httpClientTimeout", t.http_client_timeout, "for one request to the engine; 0: none");
  v.value("exposedByDefault", t.exposed_by_default, "route containers without `traefik.enable`");
  v.value("constraints", t.constraints, "expression over labels that a container must satisfy");
  v.value("defaultRule", t.default_rule, "rule template for containers without a rule");
  v.value("network", t.network, "network whose address is used for containers in several");
  v.value("useBindPortIP", t.use_bind_port_ip, "use the published address and port");
  v.value("allowEmptyServices", t.allows_empty_services,
          "keep routes of unhealthy containers, answering 503");
  v.value("watch", t.watch, "follow changes");
}

template <class V, Is<FileProviderConfig> T>
void fields(V& v, T& t) {
  v.value("filename", t.filename, "one file with dynamic configuration");
  v.value("directory", t.directory, "or a directory of them, with its subdirectories");
  v.value("watch", t.watch, "follow changes");
  v.value("debugLogGeneratedTemplate", t.logs_generated_template,
          "log each file after its template was executed");
}

template <class V, Is<ProvidersConfig> T>
void fields(V& v, T& t) {
  v.value("providersThrottleDuration", t.throttle_duration,
          "least time between two updates of one provider; unset: the first change at once, the "
          "following when quiet for 20 ms, at most 300 ms late");
  v.value("precedence", t.precedence, "provider names, strongest first, for equal priorities");
  v.optional("docker", t.docker, "routes from the labels of Docker containers");
  v.optional("file", t.file, "routes from files");
  v.optional("kubernetesIngress", t.kubernetes_ingress, "routes from Kubernetes Ingress objects");
  v.optional("kubernetesIngressNGINX", t.kubernetes_ingress_nginx,
             "routes from Ingress objects with ingress-nginx annotations");
  v.optional("kubernetesCRD", t.kubernetes_crd, "routes from `traefik.io` custom resources");
  v.raw("kubernetesGateway", t.kubernetes_gateway, "routes from the Kubernetes Gateway API");
  for (const char* key : {"swarm", "http", "rest", "consulCatalog", "consul", "etcd", "zooKeeper",
                          "redis", "nomad", "ecs", "knative", "plugin"}) {
    v.unserved(key, "not a provider of Fairlead: accepted, its routes are missing");
  }
}

template <class V, Is<LogConfig> T>
void fields(V& v, T& t) {
  v.word("level", t.level, {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "PANIC"},
         "least severity that is logged");
  v.word("format", t.format, {"common", "json"}, "form of a line");
  v.value("filePath", t.file_path, "file; empty: standard output");
  v.value("noColor", t.has_no_color, "no colours on a terminal");
  v.number("maxSize", t.max_size, 0, 1 << 30, "rotation: largest file, in MB");
  v.number("maxAge", t.max_age, 0, 1 << 30, "rotation: oldest file, in days");
  v.number("maxBackups", t.max_backups, 0, 1 << 30, "rotation: files kept");
  v.value("compress", t.compresses, "rotation: compress old files");
  v.raw("otlp", t.otlp, "export to an OpenTelemetry collector; accepted, not served yet");
}

template <class V, Is<AccessLogFilters> T>
void fields(V& v, T& t) {
  v.value("statusCodes", t.status_codes, "keep these: `404`, `500-599`");
  v.value("retryAttempts", t.retry_attempts, "keep requests that were tried again");
  v.value("minDuration", t.min_duration, "keep requests that took longer");
}

template <class V, Is<FieldModes> T>
void fields(V& v, T& t) {
  v.word("defaultMode", t.default_mode, {"keep", "drop", "redact"}, "headers not named below");
  v.words("names", t.names, {"keep", "drop", "redact"}, "mode of a header");
}

template <class V, Is<QueryParameterModes> T>
void fields(V& v, T& t) {
  v.word("defaultMode", t.default_mode, {"keep", "drop"}, "the query in `RequestPath`");
}

template <class V, Is<AccessLogFields> T>
void fields(V& v, T& t) {
  v.word("defaultMode", t.default_mode, {"keep", "drop"}, "fields not named below");
  v.words("names", t.names, {"keep", "drop"}, "mode of a field");
  v.section("headers", t.headers, "headers in JSON lines");
  v.section("queryParameters", t.query_parameters, "the query");
}

template <class V, Is<AccessLogConfig> T>
void fields(V& v, T& t) {
  v.value("filePath", t.file_path, "file; empty: standard output");
  v.word("format", t.format, {"common", "genericCLF", "json"}, "form of a line");
  v.number("bufferingSize", t.buffering_size, 0, 1 << 24, "lines that may wait to be written");
  v.value("addInternals", t.adds_internals, "also requests of internal services");
  v.section("filters", t.filters, "which requests; any of them suffices");
  v.section("fields", t.fields, "which fields");
  v.value("dualOutput", t.has_dual_output, "write here as well when exporting");
  v.raw("otlp", t.otlp, "export to an OpenTelemetry collector; accepted, not served yet");
}

template <class V, Is<PrometheusConfig> T>
void fields(V& v, T& t) {
  v.value("buckets", t.buckets, "upper bounds of the duration histograms, in seconds");
  v.value("entryPoint", t.entry_point, "where `/metrics` is served");
  v.value("manualRouting", t.has_manual_routing, "serve it only through `prometheus@internal`");
  v.value("headerLabels", t.header_labels, "extra labels of request counters: label to header");
  v.value("addEntryPointsLabels", t.adds_entry_points_labels, "metrics for each entry point");
  v.value("addRoutersLabels", t.adds_routers_labels, "metrics for each router");
  v.value("addServicesLabels", t.adds_services_labels, "metrics for each service");
}

template <class V, Is<MetricsConfig> T>
void fields(V& v, T& t) {
  v.value("addInternals", t.adds_internals, "also requests of internal services");
  v.optional("prometheus", t.prometheus, "metrics for Prometheus under `/metrics`");
  for (const char* key : {"datadog", "statsD", "influxDB2", "otlp"}) {
    v.unserved(key, "not an exporter of Fairlead: accepted, nothing is sent");
  }
}

template <class V, Is<PingConfig> T>
void fields(V& v, T& t) {
  v.value("entryPoint", t.entry_point, "where `/ping` is served");
  v.value("manualRouting", t.has_manual_routing, "serve it only through `ping@internal`");
  v.number("terminatingStatusCode", t.terminating_status_code, 100, 599,
           "status while shutting down");
}

template <class V, Is<ApiConfig> T>
void fields(V& v, T& t) {
  v.value("insecure", t.is_insecure, "serve the API on entry point `traefik` to anybody");
  v.value("dashboard", t.has_dashboard, "serve the dashboard");
  v.value("debug", t.has_debug, "serve `/debug`");
  v.value("basePath", t.base_path, "path in front of `/api` and `/dashboard`");
  v.value("disableDashboardAd", t.disables_dashboard_ad, "accepted; Fairlead shows none");
  v.value("dashboardName", t.dashboard_name, "name shown on the dashboard");
}

template <class V, Is<GlobalConfig> T>
void fields(V& v, T& t) {
  v.value("checkNewVersion", t.checks_new_version, "accepted; Fairlead never calls home");
  v.value("sendAnonymousUsage", t.sends_anonymous_usage, "accepted; Fairlead never calls home");
  v.value("notAppendXForwardedFor", t.not_append_x_forwarded_for,
          "do not append clients' addresses to `X-Forwarded-For`, on any entry point");
}

template <class V, Is<CertificateSpec> T>
void fields(V& v, T& t) {
  v.value("certFile", t.cert_file, "certificate: path or PEM");
  v.secret("keyFile", t.key_file, "its key: path or PEM");
}

template <class V, Is<ForwardingTimeouts> T>
void fields(V& v, T& t) {
  v.value("dialTimeout", t.dial, "to connect");
  v.value("responseHeaderTimeout", t.response_header, "until the response begins; 0: none");
  v.value("idleConnTimeout", t.idle_conn, "an unused connection is kept so long");
  v.value("readIdleTimeout", t.read_idle, "HTTP/2: send a ping after so much silence; 0: never");
  v.value("pingTimeout", t.ping, "HTTP/2: close when a ping stays unanswered so long");
}

template <class V, Is<ServersTransportConfig> T>
void fields(V& v, T& t) {
  v.value("serverName", t.server_name, "name for SNI and verification; empty: the host");
  v.value("insecureSkipVerify", t.skips_verify, "accept any certificate");
  v.value("rootCAs", t.root_cas, "authorities: paths or PEM; empty: the system's");
  v.items("certificates", t.certificates, "client certificates");
  v.value("cipherSuites", t.cipher_suites, "allowed cipher suites");
  v.value("minVersion", t.min_version, "lowest TLS version: `VersionTLS12`");
  v.value("maxVersion", t.max_version, "highest TLS version");
  v.number("maxIdleConnsPerHost", t.max_idle_conns_per_host, -1, 1 << 20,
           "unused connections kept for one server; -1: none");
  v.value("disableHTTP2", t.disables_http2, "speak HTTP/1.1 only");
  v.value("peerCertURI", t.peer_cert_uri, "URI the server's certificate must carry");
  v.raw("peerCertSANs", t.peer_cert_sans, "names the server's certificate must carry");
  v.section("forwardingTimeouts", t.forwarding_timeouts, "timeouts towards services");
  v.raw("spiffe", t.spiffe, "verify SPIFFE identities; accepted, not served yet");
}

template <class V, Is<CoreConfig> T>
void fields(V& v, T& t) {
  v.word("defaultRuleSyntax", t.default_rule_syntax, {"v3", "v2"},
         "rule syntax of routers that do not say");
}

template <class V, Is<HostResolverConfig> T>
void fields(V& v, T& t) {
  v.value("cnameFlattening", t.flattens_cname, "also match the names a host is an alias for");
  v.value("resolvConfig", t.resolv_config, "file that names the resolvers");
  v.number("resolvDepth", t.resolv_depth, 1, 100, "longest chain of aliases");
}

template <class V, Is<LimitsConfig> T>
void fields(V& v, T& t) {
  v.value("handshake", t.handshake, "until a client's TLS handshake is done, from its first byte");
  v.value("clientHeader", t.client_header, "until the header of a request is complete");
  v.value("clientIdle", t.client_idle, "between two pieces of a request body");
  v.value("clientWrite", t.client_write, "a client that takes nothing is given up after so long");
  v.value("requestTotal", t.request_total, "a whole request; 0: none");
  v.value("upstreamConnect", t.upstream_connect, "to connect to a server");
  v.value("upstreamHead", t.upstream_head, "until a response begins; 0: none");
  v.value("upstreamIdle", t.upstream_idle, "between two pieces of a response body; 0: none");
  v.value("keepalive", t.keepalive, "between two requests of a connection");
  v.value("drain", t.drain, "requests may go on so long after a stop");
  v.value("handOver", t.hand_over,
          "requests and tunnels may go on so long after a new binary took over");
  v.number("udpSessions", t.udp_sessions, 1, 1 << 20,
           "UDP sessions at once on an entry point; what would need one more is dropped");
}

}  // namespace fairlead::config
