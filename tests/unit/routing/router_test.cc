#include "routing/router.h"

#include <doctest/doctest.h>

#include "support/allocation_count.h"
#include "tests/unit/routing/request_fixture.h"

namespace fairlead::routing {

namespace {

std::shared_ptr<pipeline::Route> route_named(std::string name, std::string rule,
                                             int64_t priority = 0) {
  auto route = std::make_shared<pipeline::Route>();
  route->name = std::move(name);
  route->priority = priority != 0 ? priority : static_cast<int64_t>(rule.size());
  route->rule = std::move(rule);
  return route;
}

RouterEntry entry(std::string name, const std::string& rule, int64_t priority = 0,
                  int tie_rank = 0) {
  auto compiled = compile_rule(rule);
  REQUIRE_MESSAGE(compiled.has_value(), compiled.error().message);
  return {*compiled, route_named(std::move(name), rule, priority), tie_rank};
}

std::string matched(const Router& router, RequestText text) {
  RequestFixture request(std::move(text));
  const pipeline::Route* route = router.match(request.context());
  return route ? route->name : "";
}

std::vector<RouterEntry> entries_of(
    std::initializer_list<std::pair<const char*, const char*>> rules) {
  std::vector<RouterEntry> entries;
  for (auto [name, rule] : rules) entries.push_back(entry(name, rule));
  return entries;
}

}  // namespace

TEST_CASE("routes_by_host_and_longest_rule_first") {
  Router router(entries_of({{"web", "Host(`a.example`)"},
                            {"api", "Host(`a.example`) && PathPrefix(`/api`)"},
                            {"wild", "Host(`*.b.example`)"},
                            {"rest", "PathPrefix(`/`)"}}));
  CHECK(matched(router, {.host = "a.example"}) == "web");
  CHECK(matched(router, {.host = "a.example", .path = "/apixyz"}) == "api");
  CHECK(matched(router, {.host = "x.b.example"}) == "wild");
  CHECK(matched(router, {.host = "x.y.b.example"}) == "rest");
  CHECK(matched(router, {.host = "b.example"}) == "rest");
  CHECK(matched(router, {.host = ""}) == "rest");
  CHECK(matched(router, {.host = "a.example", .path = "*"}) == "web");
}

TEST_CASE("an_empty_router_matches_nothing") {
  Router router({});
  CHECK(router.size() == 0);
  CHECK(matched(router, {.host = "a.example"}) == "");
}

TEST_CASE("ties_go_to_the_lower_tie_rank_then_to_the_name") {
  std::vector<RouterEntry> entries;
  entries.push_back(entry("b@docker", "Host(`a.example`)", 7, 1));
  entries.push_back(entry("z@kubernetes", "Host(`A.Example.`)", 7, 0));
  entries.push_back(entry("a@docker", "PathPrefix(`/`)", 7, 1));
  CHECK(matched(Router(entries), {.host = "a.example"}) == "z@kubernetes");
  entries.erase(entries.begin() + 1);
  CHECK(matched(Router(entries), {.host = "a.example"}) == "a@docker");
}

TEST_CASE("priority_beats_specificity_and_may_be_negative") {
  std::vector<RouterEntry> entries;
  entries.push_back(entry("low", "Host(`a.example`) && Path(`/x`)", -5));
  entries.push_back(entry("high", "PathPrefix(`/`)", 3));
  CHECK(matched(Router(std::move(entries)), {.host = "a.example", .path = "/x"}) == "high");
}

TEST_CASE("explains_each_candidate_with_the_matcher_that_refused") {
  Router router(entries_of({{"post", "Host(`a.example`) && PathPrefix(`/x`) && Method(`POST`)"},
                            {"either", "Host(`a.example`) && (Method(`PUT`) || Header(`K`, `v`))"},
                            {"not", "Host(`a.example`) && !(Method(`GET`))"},
                            {"web", "Host(`a.example`)"},
                            {"rest", "PathPrefix(`/`)"}}));
  RequestFixture request({.host = "a.example", .path = "/x"});
  std::string text;
  for (const auto& candidate : router.explain(request.context())) {
    CHECK(candidate.is_match == candidate.refused_by.empty());
    text +=
        candidate.route->name + ": " + (candidate.is_match ? "match" : candidate.refused_by) + "\n";
  }
  CHECK(text ==
        "either: Method(`PUT`) || Header(`K`, `v`)\n"
        "post: Method(`POST`)\n"
        "not: !Method(`GET`)\n"
        "web: match\n");
}

TEST_CASE("finding_a_route_allocates_nothing") {
  std::vector<RouterEntry> entries;
  for (int i = 0; i < 200; ++i) {
    std::string n = std::to_string(i);
    entries.push_back(entry("h" + n, "Host(`h" + n + ".a-rather-long-host-name.example.com`)"));
    entries.push_back(
        entry("p" + n, "Host(`big.example`) && PathPrefix(`/p" + n + "`) && Method(`GET`)"));
    entries.push_back(entry("w" + n, "Host(`*.w" + n + ".example`) && Header(`X-A`, `b`)"));
    entries.push_back(entry("q" + n, "Path(`/q" + n + "`) && Query(`a`, `b c`)"));
  }
  Router router(std::move(entries));
  RequestFixture requests[] = {
      RequestFixture({.host = "h7.a-rather-long-host-name.example.com"}),
      RequestFixture({.host = "big.example", .path = "/p77/x"}),
      RequestFixture({.host = "x.w3.example", .headers = {{"x-a", "b"}}}),
      RequestFixture({.host = "none", .path = "/q5", .query = "x=1&a=b+c"}),
      RequestFixture({.host = "none", .path = "/none"})};
  for (RequestFixture& request : requests) {
    MatchContext context = request.context();
    uint64_t before = test::allocation_count();
    const pipeline::Route* route = router.match(context);
    CHECK(test::allocation_count() == before);
    CHECK((route != nullptr) == (&request != &requests[4]));
  }
}

TEST_CASE("a_rule_indexed_under_several_keys_is_explained_once") {
  Router router(
      entries_of({{"many", "(Path(`/x`) || PathPrefix(`/`)) && Host(`a`) && Method(`POST`)"}}));
  RequestFixture request({.host = "a", .path = "/x"});
  CHECK(router.explain(request.context()).size() == 1);
}

}  // namespace fairlead::routing
