#include "config/static_config.h"

#include <doctest/doctest.h>

using namespace fairlead::config;

namespace {

struct Decoded {
  StaticConfig config;
  Diagnostics diagnostics;
  std::string texts() const {
    std::string out;
    for (const Diagnostic& d : diagnostics) out += d.text() + "\n";
    return out;
  }
};

Decoded decode(std::string_view yaml) {
  Decoded out;
  Node document = parse_yaml(yaml, "file f", out.diagnostics);
  out.config = decode_static(document, out.diagnostics);
  return out;
}

}  // namespace

TEST_CASE("nothing_configured_means_http_on_80") {
  Decoded d = decode("");
  CHECK(d.diagnostics.empty());
  REQUIRE(d.config.entry_points.size() == 1);
  CHECK(d.config.entry_points["http"].listen == ListenAddress{"", 80, false});
}

TEST_CASE("internal_entry_point_appears_when_needed") {
  struct {
    const char* yaml;
    bool is_there;
  } cases[] = {
      {"ping: {}", true},
      {"ping:", true},
      {"ping: true", true},
      {"ping: false", false},
      {"ping: {manualRouting: true}", false},
      {"ping: {entryPoint: web}\nentryPoints: {web: {address: ':1'}}", false},
      {"api: {insecure: true}", true},
      {"api: {}", false},
      {"metrics: {prometheus: {}}", true},
      {"metrics: {prometheus: {manualRouting: true}}", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.yaml);
    Decoded d = decode(c.yaml);
    CHECK(d.diagnostics.empty());
    CHECK(d.config.entry_points.contains("traefik") == c.is_there);
  }
  Decoded own = decode("ping: {}\nentryPoints: {traefik: {address: '127.0.0.1:9'}}");
  CHECK(own.config.entry_points.size() == 1);
  CHECK(own.config.entry_points["traefik"].listen.port == 9);
}

TEST_CASE("listen_addresses") {
  struct {
    const char *text, *again;
  } good[] = {
      {":80", ":80"},
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"[::1]:443/tcp", "[::1]:443"},
      {":53/udp", ":53/udp"},
      {":53/UDP", ":53/udp"},
      {"localhost:8080", "localhost:8080"},
      {"[::]:65535", "[::]:65535"},
  };
  for (const auto& c : good) {
    CAPTURE(c.text);
    auto listen = parse_listen_address(c.text);
    REQUIRE(listen);
    CHECK(listen->text() == c.again);
  }
  for (const char* bad :
       {"", "80", "::1:80", "[::1]", ":http", ":65536", ":-1", ":80/sctp", ": 80", "a b:80", ":"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_listen_address(bad));
  }
}

TEST_CASE("default_entry_points_follow_asDefault") {
  const char* three =
      "entryPoints:\n  web: {address: ':80'}\n  tls: {address: ':443'%s}\n  dns: {address: "
      "':53/udp'}\n"
      "ping: {}\n";
  std::string plain = three, chosen = three;
  plain.replace(plain.find("%s"), 2, "");
  chosen.replace(chosen.find("%s"), 2, ", asDefault: true");
  CHECK(default_entry_points(decode(plain).config) == std::vector<std::string>{"tls", "web"});
  CHECK(default_entry_points(decode(chosen).config) == std::vector<std::string>{"tls"});
  CHECK(udp_entry_points(decode(plain).config) == std::vector<std::string>{"dns"});
}

TEST_CASE("every_fault_names_source_field_and_fix") {
  struct {
    const char *yaml, *text;
  } cases[] = {
      {"entryPoint: {}",
       "error: file f:1: entryPoint: unknown field; did you mean \"entryPoints\"?\n"},
      {"entryPoints: {web: {adress: ':80', address: ':81'}}",
       "error: file f:1: entryPoints.web.adress: unknown field; did you mean \"address\"?\n"},
      {"entryPoints:\n  web: {}",
       "error: file f:2: entryPoints.web.address: is missing; write [host]:port, such as "
       "\":80\"\n"},
      {"entryPoints: {a: {address: ':80'}, b: {address: ':80'}}",
       "error: file f:1: entryPoints.b.address: is the address of entry point \"a\" already; "
       "change "
       "one, or set reusePort on both\n"},
      {"entryPoints: {a: {address: ':80', http: {redirections: {entryPoint: {to: b}}}}}",
       "error: file f:1: entryPoints.a.http.redirections.entryPoint.to: there is no entry point "
       "\"b\"; declare it under entryPoints\n"},
      {"entryPoints: {a: {address: ':80', http: {redirections: {entryPoint: {to: a}}}}}",
       "error: file f:1: entryPoints.a.http.redirections.entryPoint.to: redirects to itself\n"},
      {"entryPoints: {a: {address: ':80', http: {maxHeaderBytes: 0}}}",
       "error: file f:1: entryPoints.a.http.maxHeaderBytes: expects a number from 1 to 1073741824, "
       "got 0\n"},
      {"entryPoints: {a: {address: ':80', forwardedHeaders: {trustedIPs: [10.0.0.0/33]}}}",
       "error: file f:1: entryPoints.a.forwardedHeaders.trustedIPs: \"10.0.0.0/33\" is neither an "
       "address nor a network such as 10.0.0.0/8\n"},
      {"entryPoints: {a: {address: ':80', http3: {}}}",
       "warning: file f:1: entryPoints.a.http3: HTTP/3 is not served yet; HTTP/1 and HTTP/2 are\n"},
      {"limits: {clientIdle: -1s}",
       "error: file f:1: limits.clientIdle: must not be negative, got -1s\n"},
      {"providers: {file: {}}", "error: file f:1: providers.file: set filename or directory\n"},
      {"providers: {docker: {endpoint: 'ssh://x'}}",
       "error: file f:1: providers.docker.endpoint: expects unix:///path, tcp://host:port, http:// "
       "or https://, got \"ssh://x\"\n"},
      {"providers: {swarm: {}}",
       "warning: file f:1: providers.swarm: not a provider of Fairlead: accepted, its routes are "
       "missing\n"},
      {"log: {level: loud}",
       "error: file f:1: log.level: expects one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, PANIC, "
       "got \"loud\"\n"},
      {"accessLog: {filters: {statusCodes: [200, 5xx]}}",
       "error: file f:1: accessLog.filters.statusCodes: \"5xx\" is neither a status such as 404 "
       "nor "
       "a range such as 500-599\n"},
      {"accessLog: {fields: {headers: {names: {Cookie: hide}}}}",
       "error: file f:1: accessLog.fields.headers.names.Cookie: expects one of keep, drop, redact, "
       "got \"hide\"\n"},
      {"ping: {entryPoint: wbe}\nentryPoints: {web: {address: ':80'}}",
       "error: file f:1: ping.entryPoint: there is no entry point \"wbe\"; did you mean "
       "\"web\"?\n"},
      {"metrics: {prometheus: {buckets: [1, 1]}}",
       "error: file f:1: metrics.prometheus.buckets: must rise from one to the next\n"},
      {"http: {routers: {}}",
       "warning: file f:1: http: is dynamic configuration and not read from here; put it into a "
       "file "
       "of its own and name that in providers.file.filename\n"},
      {"defaultEntryPoints: [a]",
       "error: file f:1: defaultEntryPoints: is an option of an older Traefik; set asDefault on "
       "those "
       "entry points\n"},
      {"certificatesResolvers: {le: {acme: {}}}",
       "warning: file f:1: certificatesResolvers: certificates by ACME are not served yet\n"},
      {"providers: {kubernetesGateway: {whatever: 1}}\nexperimental: {plugins: {a: {}}}\ntracing: "
       "{}",
       ""},
      {"workers: many", "error: file f:1: workers: expects a whole number, got \"many\"\n"},
      {"[1]", "error: file f:1: expects a map of options, got a list\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.yaml);
    CHECK(decode(c.yaml).texts() == c.text);
  }
}

TEST_CASE("limits_follow_the_entry_point") {
  Decoded d = decode(
      "limits: {keepalive: 7s}\nentryPoints:\n  a: {address: ':1'}\n  b:\n    address: ':2'\n"
      "    transport: {respondingTimeouts: {idleTimeout: 9, readTimeout: 0}, lifeCycle: "
      "{graceTimeOut: 1m}}\n");
  CHECK(d.diagnostics.empty());
  CHECK(limits_for(d.config, d.config.entry_points["a"]).keepalive == Milliseconds(7000));
  LimitsConfig b = limits_for(d.config, d.config.entry_points["b"]);
  CHECK(b.keepalive == Milliseconds(9000));
  CHECK(b.drain == Milliseconds(60'000));
}

TEST_CASE("what_is_encoded_decodes_to_the_same") {
  Decoded d = decode(
      "entryPoints:\n  Web:\n    address: '[::1]:80'\n    asDefault: true\n    proxyProtocol: "
      "{trustedIPs: [10.0.0.0/8, ::1]}\n"
      "    http: {tls: {certResolver: le, domains: [{main: a, sans: [b, c]}]}, middlewares: "
      "[a@file]}\n"
      "    transport: {keepAliveMaxTime: 1h30m, respondingTimeouts: {writeTimeout: 250ms}}\n"
      "providers:\n  precedence: [docker, file]\n  docker: {tls: {ca: /x}, network: '8080'}\n  "
      "file: {directory: /d, watch: false}\n"
      "  kubernetesCRD: true\naccessLog: {format: JSON, fields: {headers: {names: {X-A: "
      "redact}}}}\n"
      "metrics: {prometheus: {buckets: [0.5, 1, 2.25], headerLabels: {team: X-Team}}}\nping: "
      "{}\napi: {insecure: true}\n"
      "serversTransport: {certificates: [{certFile: a, keyFile: /b}]}\ndemo: true\nworkers: "
      "3\nhostResolver: {}\n");
  CHECK(d.texts().empty());
  Diagnostics again;
  Node node = encode_static(d.config);
  CHECK(decode_static(node, again) == d.config);
  Node reread = parse_yaml(to_yaml(node), "t", again);
  CHECK(decode_static(reread, again) == d.config);
  CHECK(again.empty());
}

TEST_CASE("secrets_are_masked_and_paths_are_not") {
  Decoded d = decode(
      "providers: {docker: {username: u, password: hunter2, tls: {key: /k.pem}}}\n"
      "tracing: {otlp: {http: {headers: {Authorization: Bearer x}, tls: {key: inline}}}}\n");
  std::string text = to_yaml(encode_static(d.config, Secrets::masked));
  for (const char* secret : {"hunter2", "Bearer", "inline"}) {
    CHECK(text.find(secret) == std::string::npos);
  }
  CHECK(text.find("/k.pem") != std::string::npos);
}
