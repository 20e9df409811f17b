#include "config/dynamic.h"

#include <doctest/doctest.h>

namespace fairlead::config {
namespace {

Objects decode(std::string_view yaml, Diagnostics& diagnostics) {
  return decode_dynamic(parse_yaml(yaml, "", diagnostics), "test", diagnostics);
}

// Every key of the document, none at its default.
constexpr std::string_view kEverything = R"(
http:
  routers:
    r:
      entryPoints: [web, "a,b"]
      rule: Host(`a`) && Path(`/x`)
      service: s
      middlewares: [m]
      priority: -5
      ruleSyntax: v2
      tls: {options: o, certResolver: c, domains: [{main: a, sans: [b, c]}, {main: d}]}
      observability: {accessLogs: false, metrics: true, tracing: false, traceVerbosity: detailed}
      parentRefs: [p]
      defaultRule: true
    bare: {rule: x, tls: {}}
  services:
    lb:
      middlewares: [m]
      loadBalancer:
        servers: [{url: "http://a", weight: 0, preservePath: true, fenced: true}, {url: "h2c://b"}]
        strategy: p2c
        passHostHeader: false
        sticky: {cookie: {name: n, secure: true, httpOnly: true, sameSite: lax, maxAge: -1, path: "", domain: d}}
        healthCheck: {path: /h, mode: grpc, scheme: https, method: POST, hostname: h, port: 1, status: 204,
                      interval: 1m30s, timeout: 250ms, unhealthyInterval: 3, followRedirects: false,
                      headers: {X-A: "true", X-B: ""}}
        passiveHealthCheck: {failureWindow: 1h, maxFailedAttempts: 7}
        serversTransport: t
        responseForwarding: {flushInterval: -1ms}
    w: {weighted: {services: [{name: a, weight: 0}, {name: b}], sticky: {cookie: {}}, healthCheck: {}}}
    h: {highestRandomWeight: {services: [{name: a}]}}
    mi: {mirroring: {service: a, mirrorBody: false, maxBodySize: 5, mirrors: [{name: b, percent: 3}], healthCheck: {}}}
    f: {failover: {service: a, fallback: b, errors: {status: ["500-599"], maxRequestBodyBytes: 9}}}
  middlewares:
    m: {headers: {customRequestHeaders: {X-C: "1"}, stsSeconds: 5}}
    on: {compress: {}}
  serversTransports: {t: {serverName: n, forwardingTimeouts: {dialTimeout: 5s}}}
tcp:
  routers: {r: {rule: HostSNI(`*`), service: s, tls: {passthrough: true}}}
  services: {s: {loadBalancer: {servers: [{address: "a:1"}]}}}
  middlewares: {m: {inFlightConn: {amount: 3}}}
  serversTransports: {t: {dialTimeout: 1s}}
udp:
  routers: {r: {service: s}}
  services: {s: {loadBalancer: {servers: [{address: "a:1"}]}}}
tls:
  certificates: [{certFile: a, keyFile: b, stores: [default, x]}, {certFile: c, keyFile: d}]
  options: {o: {minVersion: VersionTLS12, curvePreferences: [X25519]}}
  stores: {default: {defaultGeneratedCert: {resolver: r}}}
)";

}  // namespace

TEST_CASE("encoding_and_decoding_again_changes_nothing") {
  Diagnostics diagnostics;
  Objects objects = decode(kEverything, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) MESSAGE(diagnostic.text());
  REQUIRE(diagnostics.empty());
  REQUIRE(objects.routers.size() == 2);
  REQUIRE(objects.services.size() == 5);
  Node document = encode_dynamic(objects);
  CHECK(decode_dynamic(document, "test", diagnostics) == objects);
  CHECK(decode_dynamic(parse_json(to_json(document), "", diagnostics), "test", diagnostics) ==
        objects);
  CHECK(decode_dynamic(parse_yaml(to_yaml(document), "", diagnostics), "test", diagnostics) ==
        objects);
  CHECK(diagnostics.empty());
}

TEST_CASE("reads_values_into_their_fields") {
  Diagnostics diagnostics;
  Objects objects = decode(kEverything, diagnostics);
  const RouterSpec& router = objects.routers.at("r");
  CHECK(router.entry_points == std::vector<std::string>{"web", "a,b"});
  CHECK(router.priority == -5);
  CHECK(router.tls->domains.at(0).sans.size() == 2);
  CHECK(router.observability.metrics == true);
  CHECK(router.is_default_rule);
  CHECK(objects.routers.at("bare").tls == RouterTlsSpec{});
  const LoadBalancerSpec& balancer = objects.services.at("lb").load_balancer;
  CHECK(balancer.servers.at(0).weight == 0);
  CHECK(balancer.servers.at(0).is_fenced);
  CHECK(balancer.sticky->max_age == -1);
  CHECK(balancer.sticky->path == "");
  CHECK(balancer.health_check->interval == Milliseconds{90'000});
  CHECK(balancer.health_check->unhealthy_interval == Milliseconds{3'000});
  CHECK(balancer.flush_interval == Milliseconds{-1});
  CHECK(objects.services.at("w").services.at(0).weight == 0);
  CHECK(objects.services.at("w").options.find("healthCheck") != nullptr);
  CHECK(objects.middlewares.at("m").type == "headers");
}

TEST_CASE("empty_documents_and_sections_mean_nothing") {
  for (const char* text : {"", "{}", "http:", "http: {}", "http: {routers: {}, middlewares: }",
                           "tcp: {routers: }", "tls: {certificates: [], options: {}}", "udp:"}) {
    INFO(text);
    Diagnostics diagnostics;
    CHECK(decode(text, diagnostics) == Objects{});
    CHECK(diagnostics.empty());
  }
}

TEST_CASE("a_document_that_is_no_map_is_refused") {
  for (const char* text : {"[1, 2]", "just words"}) {
    Diagnostics diagnostics;
    CHECK(decode(text, diagnostics) == Objects{});
    CHECK(diagnostics.size() == 1);
  }
}

TEST_CASE("keys_are_matched_without_case_and_names_keep_theirs") {
  Diagnostics diagnostics;
  Objects objects = decode("HTTP: {ROUTERS: {Web: {RULE: x, entrypoints: a}}}", diagnostics);
  CHECK(diagnostics.empty());
  CHECK(objects.routers.at("Web").rule == "x");
  CHECK(objects.routers.at("Web").entry_points == std::vector<std::string>{"a"});
}

}  // namespace fairlead::config
