#include "config/composite_options.h"

#include <doctest/doctest.h>

#include "config/dynamic.h"

namespace fairlead::config {
namespace {

// The diagnostics of one service, and what it is after a round trip.
struct Read {
  explicit Read(const std::string& yaml) {
    Node document = parse_yaml("http: {services: {s: " + yaml + "}}", "test", diagnostics);
    objects = decode_dynamic(document, "test", diagnostics);
    Diagnostics again;
    CHECK(decode_dynamic(encode_dynamic(objects), "test", again) == objects);
    CHECK(again.empty());
  }
  std::string faults() const {
    std::string out;
    for (const Diagnostic& one : diagnostics) out += one.field + ": " + one.message + "\n";
    return out;
  }
  const ServiceSpec& service() const { return objects.services.at("s"); }

  Diagnostics diagnostics;
  Objects objects;
};

}  // namespace

TEST_CASE("failover_is_read_with_every_key") {
  Read read(
      "{failover: {service: a, fallback: b, healthCheck: {}, errors: {status: [\"500-504\", 404], "
      "maxRequestBodyBytes: 1024}}}");
  REQUIRE_MESSAGE(read.diagnostics.empty(), read.faults());
  Diagnostics none;
  Reader reader(&read.service().options, "", "", "", none);
  FailoverOptions options = read_failover(reader);
  CHECK(options.service == "a");
  CHECK(options.fallback == "b");
  CHECK(options.statuses == std::vector<std::pair<unsigned, unsigned>>{{500, 504}, {404, 404}});
  CHECK(options.max_request_body_bytes == 1024);
}

TEST_CASE("mirroring_is_read_with_every_key") {
  Read read(
      "{mirroring: {service: a, mirrorBody: false, maxBodySize: 10, healthCheck: {}, mirrors: "
      "[{name: b, percent: 10}, {name: c}]}}");
  REQUIRE_MESSAGE(read.diagnostics.empty(), read.faults());
  Diagnostics none;
  Reader reader(&read.service().options, "", "", "", none);
  MirroringOptions options = read_mirroring(reader);
  CHECK(options.service == "a");
  CHECK_FALSE(options.mirrors_body);
  CHECK(options.max_body_size == 10);
  REQUIRE(options.mirrors.size() == 2);
  CHECK(options.mirrors[0].percent == 10);
  CHECK(options.mirrors[1].name == "c");
  CHECK(options.mirrors[1].percent == 0);
}

TEST_CASE("bad_options_of_composite_services_name_their_field") {
  struct Row {
    const char* yaml;
    const char* says;
  };
  const Row rows[] = {
      {"{failover: {service: a}}", "fallback"},
      {"{failover: {fallback: a}}", "service"},
      {"{failover: {service: a, fallback: b, errors: {status: [\"99\"]}}}", "\"99\" is neither"},
      {"{failover: {service: a, fallback: b, errors: {status: [\"504-500\"]}}}", "504-500"},
      {"{failover: {service: a, fallback: b, errors: {status: [x]}}}", "\"x\" is neither"},
      {"{failover: {service: a, fallback: b, errors: {maxRequestBodyBytes: -2}}}", "-1 for no"},
      {"{mirroring: {mirrors: []}}", "service"},
      {"{mirroring: {service: a, mirrors: [{percent: 5}]}}", "name"},
      {"{mirroring: {service: a, mirrors: [{name: b, percent: 101}]}}", "between 0 and 100"},
      {"{mirroring: {service: a, maxBodySize: -5}}", "-1 for no limit"},
      {"{loadBalancer: {consistentHash: {header: a, cookie: b}}}", "several keys"},
      {"{loadBalancer: {strategy: p2c, consistentHash: {header: a}}}", "does not go with"},
      {"{loadBalancer: {sticky: {cookie: {sameSite: odd}}}}", "none, lax, strict"},
  };
  for (const Row& row : rows) {
    INFO(row.yaml);
    Read read(row.yaml);
    INFO(read.faults());
    CHECK(read.faults().find(row.says) != std::string::npos);
    CHECK(read.objects.services.empty());
  }
}

TEST_CASE("consistent_hash_and_sticky_survive_a_round_trip") {
  Read read(
      "{loadBalancer: {consistentHash: {query: user}, sticky: {cookie: {name: n, secure: true, "
      "httpOnly: true, sameSite: Strict, maxAge: 5, path: /p, domain: d}}, servers: [{url: "
      "\"http://a\", weight: 2, fenced: true}]}}");
  REQUIRE_MESSAGE(read.diagnostics.empty(), read.faults());
  const LoadBalancerSpec& spec = read.service().load_balancer;
  CHECK(spec.consistent_hash->query == "user");
  CHECK(spec.sticky == CookieSpec{"n", "strict", "/p", "d", true, true, 5});
}

}  // namespace fairlead::config
