#include "routing/index_term.h"

#include <chrono>

#include <doctest/doctest.h>

#include "routing/compiled_rule.h"

namespace fairlead::routing {

namespace {

// "a/x*!" is host a, prefix /x, decisive; "-" stands for any host, no path for any path.
std::string terms_of(const std::string& rule) {
  auto compiled = compile_rule(rule);
  REQUIRE_MESSAGE(compiled.has_value(), compiled.error().message);
  std::string out;
  for (const IndexTerm& term : (*compiled)->terms()) {
    if (!out.empty()) out += ' ';
    if (term.host_key == HostKey::any) out += '-';
    if (term.host_key == HostKey::wildcard) out += '*';
    out += std::string(term.host) + std::string(term.path);
    if (term.path_key == PathKey::prefix) out += '*';
    if (term.is_decisive) out += '!';
  }
  return out;
}

}  // namespace

TEST_CASE("a_rule_is_indexed_under_every_host_and_path_where_it_can_hold") {
  CHECK(terms_of("Host(`a`)") == "a!");
  CHECK(terms_of("Host(`A.`) || Host(`a`)") == "a!");
  CHECK(terms_of("Host(`a`) || Host(`*.b`)") == "a! *.b!");
  CHECK(terms_of("(Host(`a`) || Host(`b`)) && PathPrefix(`/x`)") == "a/x*! b/x*!");
  CHECK(terms_of("Host(`a`) && Method(`GET`)") == "a");
  CHECK(terms_of("Host(`a`) || Host(`b`) && Method(`GET`)") == "a! b");
  CHECK(terms_of("Host(`a`) || Method(`GET`)") == "-");
  CHECK(terms_of("Host(`*`) && Path(`/x`)") == "-/x!");
  CHECK(terms_of("PathPrefix(`/x`) && PathPrefix(`/xy`) && Host(`a`)") == "a/xy*!");
  CHECK(terms_of("PathPrefix(`/xy`) && Path(`/x`)") == "");
  CHECK(terms_of("Host(`w.b`) && Host(`*.b`)") == "w.b!");
  CHECK(terms_of("Host(`v.w.b`) && Host(`*.b`)") == "");
  CHECK(terms_of("Host(`a`) && Host(`b`)") == "");
}

TEST_CASE("negations_widen_but_never_hide") {
  CHECK(terms_of("!Host(`a`)") == "-");
  CHECK(terms_of("!!Host(`a`)") == "a!");
  CHECK(terms_of("Host(`a`) && !PathPrefix(`/x`)") == "a");
  CHECK(terms_of("!(Host(`a`) || Path(`/x`))") == "-");
  CHECK(terms_of("!(Path(`/x`) || !Host(`a`))") == "a");
  CHECK(terms_of("!(Path(`/x`) && !Host(`a`))") == "-");
}

TEST_CASE("many_hosts_stay_indexed_and_products_do_not_blow_up") {
  std::string hosts = "Host(`h0`)", paths = "Path(`/0`)";
  for (int i = 1; i < 1000; ++i) hosts += " || Host(`h" + std::to_string(i) + "`)";
  for (int i = 1; i < 100; ++i) paths += " || Path(`/" + std::to_string(i) + "`)";
  auto both = compile_rule("(" + paths + ") && (" + hosts + ") && PathPrefix(`/`)");
  REQUIRE(both);
  CHECK((*both)->terms().size() == 1000);
  CHECK((*both)->terms()[0].host_key == HostKey::exact);
  CHECK(!(*both)->terms()[0].is_decisive);
}

TEST_CASE("hostile_products_compile_quickly") {
  std::string rule = "(Host(`a`)||Host(`b`))";
  while (rule.size() + 30 < kMaxRuleBytes) rule += "&&(Path(`/`)||Host(`c`))";
  auto start = std::chrono::steady_clock::now();
  CHECK(compile_rule(rule));
  // A bound that only exponential or quadratic work would reach, even with sanitizers on a busy
  // machine.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

}  // namespace fairlead::routing
