// The static configuration from its root: one line an option, said once and used three times: to
// decode (static_decode.cc), to encode (static_encode.cc) and to list (static_options.cc). A
// visitor offers
//
//   value(key, field, meaning)              a text, boolean, number, duration, list or map of texts
//   secret(key, field, meaning)             a text that is masked when printed
//   number(key, field, least, most, meaning)
//   word(key, field, words, meaning)        one of a few words
//   words(key, map, words, meaning)         a map of such words
//   ips(key, list, meaning)                 addresses and networks
//   section(key, struct, meaning)           options below, always there
//   optional(key, optional<struct>, …)      options below, switched on by presence
//   named(key, map<string, struct>, …)      objects by name
//   items(key, vector<struct>, …)           a list of objects
//   raw(key, optional<Node>, meaning)       read by somebody else
//   unserved(key, meaning)                  known and without effect
#pragma once

#include "config/entry_point_fields.h"
#include "config/static_config.h"
#include "config/static_section_fields.h"

namespace fairlead::config {

template <class V, Is<StaticConfig> T>
void fields(V& v, T& t) {
  v.named("entryPoints", t.entry_points, "where clients come in; none: `http` on `:80`");
  v.section("providers", t.providers, "where routes come from");
  v.section("log", t.log, "process log");
  v.optional("accessLog", t.access_log, "one line a request");
  v.section("metrics", t.metrics, "metrics");
  v.raw("tracing", t.tracing, "traces to an OpenTelemetry collector");
  v.optional("ping", t.ping, "answer health checks under `/ping`");
  v.optional("api", t.api, "API and dashboard");
  v.section("global", t.global, "what holds everywhere");
  v.section("serversTransport", t.servers_transport, "defaults of connections to services");
  v.raw("tcpServersTransport", t.tcp_servers_transport, "the same for TCP services");
  v.raw("certificatesResolvers", t.certificates_resolvers,
        "certificates by ACME; accepted, not served yet");
  v.section("core", t.core, "rules");
  v.optional("hostResolver", t.host_resolver, "CNAME flattening");
  v.raw("spiffe", t.spiffe, "SPIFFE workload API; accepted, not served yet");
  v.raw("ocsp", t.ocsp, "OCSP responders");
  v.raw("experimental", t.experimental, "accepted for compatibility");
  v.number("workers", t.workers, 0, 1024, "worker threads; 0: one for each CPU");
  v.value("stateDir", t.state_dir,
          "where the last good configuration is kept; empty: `/var/lib/fairlead`, else "
          "`$XDG_STATE_HOME/fairlead`, else nowhere");
  v.section("limits", t.limits, "the timeouts; 0 means none");
  v.value("demo", t.demo, "serve an example route without any provider");
}

}  // namespace fairlead::config
