#include <doctest/doctest.h>

#include "routing/stream_routers.h"

namespace fairlead::routing {
namespace {

struct Row {
  const char* rule;
  const char* syntax;
  const char* server_name;
  const char* protocol;
  const char* peer;
  bool holds;
};

TcpRulePtr compiled(std::string_view rule, std::string_view syntax = "v3") {
  auto made = compile_tcp_rule(rule, syntax);
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
  return *made;
}

std::string fault(std::string_view rule, std::string_view syntax = "v3") {
  auto made = compile_tcp_rule(rule, syntax);
  return made ? "" : made.error().message;
}

bool ask(const TcpRule& rule, const Row& row) {
  std::vector<std::string> protocols;
  if (*row.protocol != '\0') protocols.emplace_back(row.protocol);
  io::Address peer = *io::Address::parse(row.peer, 1000);
  return rule.holds({row.server_name, protocols, peer});
}

TcpRouterEntry entry(std::string name, const char* rule, int64_t priority, int tie_rank = 0) {
  auto route = std::make_shared<tcp::Route>();
  route->name = std::move(name);
  route->priority = priority;
  TcpRulePtr made = compiled(rule);
  route->is_catch_all = made->is_catch_all();
  return {made, route, tie_rank};
}

std::string matched(const TcpRouter& router, std::string_view name, const char* ip = "10.0.0.1") {
  io::Address peer = *io::Address::parse(ip, 1000);
  const auto* found = router.match({name, {}, peer});
  return found != nullptr ? (*found)->name : "";
}

}  // namespace

TEST_CASE("tcp_rules_hold_as_written") {
  constexpr Row kRows[] = {
      {"HostSNI(`*`)", "v3", "", "", "10.0.0.1", true},
      {"HostSNI(`*`)", "v3", "a.example", "", "10.0.0.1", true},
      {"HostSNI(`A.Example.`)", "v3", "a.example", "", "10.0.0.1", true},
      {"HostSNI(`a.example`)", "v3", "", "", "10.0.0.1", false},
      {"HostSNI(`*.example`)", "v3", "a.example", "", "10.0.0.1", true},
      {"HostSNI(`*.example`)", "v3", "a.b.example", "", "10.0.0.1", false},
      {"HostSNI(`*.example`)", "v3", "example", "", "10.0.0.1", false},
      {"HostSNIRegexp(`^a+\\.example$`)", "v3", "aa.example", "", "10.0.0.1", true},
      {"HostSNIRegexp(`^a+\\.example$`)", "v3", "b.example", "", "10.0.0.1", false},
      {"ALPN(`mqtt`)", "v3", "a", "mqtt", "10.0.0.1", true},
      {"ALPN(`mqtt`)", "v3", "a", "h2", "10.0.0.1", false},
      {"ClientIP(`10.0.0.0/8`)", "v3", "", "", "10.9.9.9", true},
      {"ClientIP(`10.0.0.0/8`)", "v3", "", "", "11.9.9.9", false},
      {"clientip(`::1`)", "v3", "", "", "::1", true},
      {"HostSNI(`a`) && !ClientIP(`10.0.0.1`)", "v3", "a", "", "10.0.0.1", false},
      {"HostSNI(`a`) && !ClientIP(`10.0.0.1`)", "v3", "a", "", "10.0.0.2", true},
      {"HostSNI(`a`) || HostSNI(`b`)", "v3", "b", "", "10.0.0.2", true},
      {"HostSNI(`a`, `b`)", "v2", "b", "", "10.0.0.2", true},
      {"HostSNI(`a`, `b`)", "v2", "c", "", "10.0.0.2", false},
      {"HostSNIRegexp(`{sub:[a-z]+}.example`)", "v2", "Ab.example", "", "10.0.0.2", true},
      {"HostSNIRegexp(`{sub:[a-z]+}.example`)", "v2", "ab.example.org", "", "10.0.0.2", false},
      {"HostSNIRegexp(`{all:.*}`)", "v2", "", "", "10.0.0.2", true},
      {"HostSNIRegexp(`a.example`)", "v2", "aXexample", "", "10.0.0.2", false},
      {"ClientIP(`10.0.0.1`, `10.0.0.2`)", "v2", "", "", "10.0.0.2", true},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.rule);
    CAPTURE(row.server_name);
    CHECK(ask(*compiled(row.rule, row.syntax), row) == row.holds);
  }
}

TEST_CASE("faults_of_tcp_rules_are_told") {
  CHECK(fault("HostSNI(`a*`)").find("* stands alone") != std::string::npos);
  CHECK(fault("HostSNI(`bücher.example`)").find("punycode") != std::string::npos);
  CHECK(fault("HostSNI(`a b`)").find("is not a server name") != std::string::npos);
  CHECK(fault("HostSNI(``)") != "");
  CHECK(fault("ALPN(`acme-tls/1`)").find("certificate resolvers") != std::string::npos);
  CHECK(fault("ClientIP(`10.0.0.0/33`)").find("neither an IP address") != std::string::npos);
  CHECK(fault("HostSNIRegexp(`(`)") != "");
  CHECK(fault("HostSNI(`a`, `b`)") != "");
  CHECK(fault("Host(`a`)").find("unknown matcher") != std::string::npos);
  CHECK(fault("HostSNIRegexp(`{a`)", "v2") != "");
}

TEST_CASE("a_refused_rule_names_the_matcher") {
  io::Address peer = *io::Address::parse("10.0.0.1", 1);
  TcpRulePtr rule = compiled("HostSNI(`a`) && ClientIP(`10.0.0.2`)");
  CHECK(rule->refused_by({"a", {}, peer}) == "ClientIP(`10.0.0.2`)");
  CHECK(rule->refused_by({"b", {}, peer}) == "HostSNI(`a`)");
  CHECK(compiled("HostSNI(`a`)")->refused_by({"a", {}, peer}) == "");
}

TEST_CASE("tcp_routes_are_tried_by_priority_then_rank_then_name") {
  TcpRouter router(
      {entry("exact", "HostSNI(`a.example`)", 20), entry("wild", "HostSNI(`*.example`)", 19),
       entry("all", "HostSNI(`*`)", -1), entry("net", "ClientIP(`10.0.0.0/8`)", 5),
       entry("late", "HostSNI(`b.example`)", 7, 2), entry("early", "HostSNI(`b.example`)", 7, 1),
       entry("top", "HostSNI(`c.example`) || ClientIP(`192.0.2.7`)", 100)});
  CHECK(matched(router, "a.example") == "exact");
  CHECK(matched(router, "b.example") == "wild");
  CHECK(matched(router, "x.y.example") == "net");
  CHECK(matched(router, "", "11.0.0.1") == "all");
  CHECK(matched(router, "a.example", "192.0.2.7") == "top");
  CHECK(matched(router, "c.example") == "top");
}

TEST_CASE("https_names_go_before_tcp_and_catch_alls_come_last") {
  StreamRouters routers;
  routers.https.is_any = true;
  routers.https.exact.insert("web.example");
  routers.https.wildcard.insert(".apps.example");
  routers.tls = std::make_shared<TcpRouter>(std::vector{entry("all", "HostSNI(`*`)", -1),
                                                        entry("db", "HostSNI(`db.example`)", 5),
                                                        entry("own", "HostSNI(`web.example`)", 5)});
  io::Address peer = *io::Address::parse("10.0.0.1", 1);
  auto chosen = [&](std::string_view name) {
    const auto* route = choose_tls_route(routers, {name, {}, peer});
    return route != nullptr ? (*route)->name : std::string("https");
  };
  CHECK(chosen("web.example") == "https");
  CHECK(chosen("x.apps.example") == "https");
  CHECK(chosen("db.example") == "db");
  CHECK(chosen("other.example") == "all");
  routers.https.has_catch_all = true;
  CHECK(chosen("other.example") == "https");
  CHECK(chosen("db.example") == "db");
  CHECK_FALSE(routers.decides_unread());
}

}  // namespace fairlead::routing
