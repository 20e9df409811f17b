#include <doctest/doctest.h>

#include "config/node.h"
#include "control/configuration.h"
#include "support/virtual_loop.h"

namespace fairlead::control {
namespace {

struct Streams {
  Streams() : configuration(merge(), validate(), compile()) {}

  static config::MergeSettings merge() {
    config::MergeSettings settings;
    settings.entry_points.entry_points.emplace_back().name = "web";
    auto& dns = settings.entry_points.entry_points.emplace_back();
    dns.name = "dns";
    dns.is_udp = true;
    return settings;
  }
  static config::ValidateSettings validate() {
    config::ValidateSettings settings;
    settings.entry_points = {"web"};
    settings.udp_entry_points = {"dns"};
    return settings;
  }
  static CompilerSettings compile() {
    CompilerSettings settings;
    settings.entry_points = {"web"};
    settings.udp_entry_points = {"dns"};
    return settings;
  }

  Outcome build(std::string_view yaml) {
    config::Diagnostics diagnostics;
    config::Node document = config::parse_yaml(yaml, "", diagnostics);
    config::Fragment fragment{"file", config::decode_dynamic(document, "file", diagnostics),
                              diagnostics};
    return configuration.build({&fragment});
  }
  const std::vector<tcp::HealthCheck>& checks() {
    return configuration.compiler().tcp().health_checks();
  }

  testing::VirtualLoop loop;  // balancers ask it for the time
  Configuration configuration;
};

constexpr std::string_view kBoth = R"(
tcp:
  routers:
    plain: {rule: HostSNI(`*`), service: s, middlewares: [few]}
    passed: {rule: HostSNI(`db.example`), service: both, tls: {passthrough: true}}
    ended: {rule: HostSNI(`*.apps.example`), service: s, tls: {}}
  middlewares: {few: {inFlightConn: {amount: 3}}}
  services:
    s:
      loadBalancer:
        servers: [{address: "10.0.0.1:1"}, {address: "10.0.0.2:1"}]
        healthCheck: {port: 9, interval: 1s}
    both: {weighted: {services: [{name: s, weight: 2}]}}
udp:
  routers: {a: {service: dns}, b: {service: dns}}
  services: {dns: {loadBalancer: {servers: [{address: "10.0.0.3:53"}]}}}
)";

}  // namespace

TEST_CASE("stream_routers_come_into_the_snapshot_by_kind") {
  Streams streams;
  Outcome outcome = streams.build(kBoth);
  const routing::StreamRouters* routers = outcome.snapshot->streams(0);
  REQUIRE(routers != nullptr);
  CHECK(routers->plain->size() == 1);
  CHECK(routers->tls->size() == 2);
  CHECK_FALSE(routers->decides_unread());
  for (const auto& entry : routers->tls->entries()) {
    bool is_ended = entry.route->tls == tcp::Route::Tls::ended_here;
    CHECK(is_ended == (entry.route->name == "ended@file"));
    CHECK(is_ended == (entry.route->context != nullptr));
  }
  CHECK(outcome.snapshot->tcp_services.contains("both@file"));
  REQUIRE(outcome.snapshot->udp.size() == 1);
  CHECK(outcome.snapshot->udp[0].router == "b@file");
  CHECK(outcome.snapshot->udp[0].service->pick()->address == "10.0.0.3:53");
  REQUIRE(outcome.config.diagnostics.size() == 1);
  CHECK(outcome.config.diagnostics[0].message.contains("UDP has no rules"));
}

TEST_CASE("what_did_not_change_is_the_same_and_keeps_its_state") {
  Streams streams;
  Outcome first = streams.build(kBoth);
  REQUIRE(streams.checks().size() == 2);
  auto state = streams.checks()[0].server.state;
  std::string key = streams.checks()[0].key;
  CHECK(streams.checks()[0].server.port == 9);
  Outcome second = streams.build(kBoth);
  CHECK(first.snapshot->streams(0)->tls == second.snapshot->streams(0)->tls);
  CHECK(first.snapshot->udp[0].service == second.snapshot->udp[0].service);
  // Another server joins: those that were there are still known.
  std::string more(kBoth);
  more.replace(more.find("[{address"), 9, "[{address: \"10.0.0.9:1\"}, {address");
  Outcome third = streams.build(more);
  REQUIRE(streams.checks().size() == 3);
  CHECK(streams.checks()[1].server.state == state);
  CHECK(streams.checks()[1].key == key);
  CHECK(third.snapshot->streams(0)->tls != second.snapshot->streams(0)->tls);
}

TEST_CASE("an_entry_point_without_tcp_routers_has_no_streams") {
  Streams streams;
  Outcome outcome = streams.build("tcp: {routers: {}}");
  CHECK(outcome.snapshot->streams(0) == nullptr);
  CHECK(outcome.snapshot->streams(7) == nullptr);
  CHECK(outcome.snapshot->udp[0].service == nullptr);
}

TEST_CASE("a_router_without_its_guard_is_left_out") {
  Streams streams;
  Outcome outcome = streams.build(
      "tcp:\n  routers: {r: {rule: HostSNI(`*`), service: s, middlewares: [m]}}\n"
      "  middlewares: {m: {ipAllowList: {sourceRange: [nonsense]}}}\n"
      "  services: {s: {loadBalancer: {servers: [{address: 'a:1'}]}}}\n");
  CHECK(outcome.snapshot->streams(0) == nullptr);
  CHECK(outcome.validation.tcp_routers.at("r@file").state == config::ObjectStatus::State::disabled);
}

TEST_CASE("https_routers_are_known_by_the_names_of_their_rules") {
  Streams streams;
  Outcome outcome = streams.build(R"(
http:
  routers:
    a: {rule: Host(`a.example`) || Host(`*.b.example`), service: w, tls: {}}
    c: {rule: PathPrefix(`/`), service: w, tls: {}}
  services: {w: {loadBalancer: {servers: [{url: "http://10.0.0.1"}]}}}
tcp:
  routers: {r: {rule: HostSNI(`*`), service: s, tls: {passthrough: true}}}
  services: {s: {loadBalancer: {servers: [{address: "a:1"}]}}}
)");
  const routing::HttpsNames& names = outcome.snapshot->streams(0)->https;
  CHECK(names.names("a.example"));
  CHECK(names.names("x.b.example"));
  CHECK_FALSE(names.names("x.y.b.example"));
  CHECK(names.has_catch_all);
}

}  // namespace fairlead::control
