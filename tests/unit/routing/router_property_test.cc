// A router must answer exactly as a scan over all rules in order of priority would. Random rules
// over a small alphabet, so that hosts, prefixes and ties meet often; the scan below knows nothing
// of the code under test but its texts.
#include <algorithm>
#include <functional>
#include <random>

#include <doctest/doctest.h>

#include "routing/router.h"
#include "tests/unit/routing/request_fixture.h"

namespace fairlead::routing {

namespace {

using Claim = std::function<bool(const RequestText&)>;

struct Rule {
  std::string text;
  Claim holds;
};

class RuleMaker {
 public:
  explicit RuleMaker(uint32_t seed) : random_(seed) {}

  size_t below(size_t n) { return random_() % n; }
  template <class List>
  auto pick(const List& list) {
    return list[below(std::size(list))];
  }

  std::string host() {
    static const std::string hosts[] = {"ex",       "a.ex",  "b.ex",  "x.a.ex", "y.a.ex",
                                        "x.y.a.ex", "c.org", ".a.ex", "a."};
    return pick(hosts);
  }
  std::string path() {
    static const std::string paths[] = {"/",  "/a",  "/ab", "/a/b", "/a/b/c",
                                        "/b", "/b/", "/a/", "/ab/c"};
    if (below(10) == 0) {
      std::string deep = "/";
      for (size_t i = below(60); i > 0; --i) deep += "d";
      return deep;
    }
    return pick(paths);
  }

  Rule rule(unsigned depth) {
    size_t kind = depth == 0 ? 0 : below(8);
    if (kind <= 3) return call();
    if (kind == 4) {
      Rule a = rule(depth - 1);
      return {"!(" + a.text + ")", [a](const RequestText& r) { return !a.holds(r); }};
    }
    Rule a = rule(depth - 1), b = rule(depth - 1);
    if (kind <= 6) {
      return {"(" + a.text + ") && (" + b.text + ")",
              [a, b](const RequestText& r) { return a.holds(r) && b.holds(r); }};
    }
    return {"(" + a.text + ") || " + b.text,
            [a, b](const RequestText& r) { return a.holds(r) || b.holds(r); }};
  }

  // As people write them: a host or two, perhaps a path, perhaps more.
  Rule usual_rule() {
    Rule a = host_call();
    for (size_t more = below(3); more > 0; --more) {
      Rule b = host_call();
      a = {a.text + " || " + b.text,
           [a, b](const RequestText& r) { return a.holds(r) || b.holds(r); }};
    }
    for (size_t more = below(3); more > 0; --more) {
      Rule b = more == 2 ? path_call() : call();
      a = {"(" + a.text + ") && " + b.text,
           [a, b](const RequestText& r) { return a.holds(r) && b.holds(r); }};
    }
    return a;
  }

  Rule host_call() {
    if (below(4) > 0) {
      std::string name =
          pick(std::vector<std::string>{"ex", "a.ex", "b.ex", "x.a.ex", "y.a.ex", "c.org"});
      std::string written = below(4) == 0 ? name + "." : name;
      if (below(4) == 0) written[0] = static_cast<char>(std::toupper(written[0]));
      return {"Host(`" + written + "`)", [name](const RequestText& r) { return r.host == name; }};
    }
    if (below(6) == 0) return {"Host(`*`)", [](const RequestText&) { return true; }};
    std::string suffix = pick(std::vector<std::string>{"ex", "a.ex", "y.a.ex", "org"});
    return {"Host(`*." + suffix + "`)", [suffix](const RequestText& r) {
              size_t dot = r.host.find('.');
              return dot != std::string::npos && dot > 0 && r.host.substr(dot + 1) == suffix;
            }};
  }

  Rule path_call() {
    std::string p = path();
    if (below(3) == 0)
      return {"Path(`" + p + "`)", [p](const RequestText& r) { return r.path == p; }};
    return {"PathPrefix(`" + p + "`)",
            [p](const RequestText& r) { return r.path.compare(0, p.size(), p) == 0; }};
  }

  Rule call() {
    switch (below(7)) {
      case 0:
      case 1:
        return host_call();
      case 2:
      case 3:
        return path_call();
      case 4:
        return {"Method(`post`)", [](const RequestText& r) { return r.method == "POST"; }};
      case 5:
        return {"HostRegexp(`^x`)", [](const RequestText& r) { return r.host.find('x') == 0; }};
      default:
        return {"Query(`q`, `1`)", [](const RequestText& r) { return r.query == "q=1"; }};
    }
  }

  RequestText request() {
    return {.method = below(2) ? "GET" : "POST",
            .host = host(),
            .path = path(),
            .query = below(2) ? "q=1" : ""};
  }

 private:
  std::mt19937 random_;
};

struct Reference {
  Claim holds;
  RouterEntry entry;
};

std::vector<Reference> random_routers(RuleMaker& make, size_t count) {
  std::vector<Reference> routers;
  for (size_t i = 0; i < count; ++i) {
    Rule rule = make.below(3) == 0 ? make.rule(4) : make.usual_rule();
    auto compiled = compile_rule(rule.text);
    REQUIRE_MESSAGE(compiled.has_value(), rule.text);
    auto route = std::make_shared<pipeline::Route>();
    route->name = "r" + std::to_string(make.below(1000)) + "-" + std::to_string(i);
    route->rule = rule.text;
    route->priority = static_cast<int64_t>(make.below(4)) - 1;
    routers.push_back({rule.holds, {*compiled, route, static_cast<int>(make.below(3))}});
  }
  return routers;
}

void sort_by_order_of_asking(std::vector<Reference>& routers) {
  std::ranges::sort(routers, [](const Reference& a, const Reference& b) {
    const auto &x = *a.entry.route, &y = *b.entry.route;
    if (x.priority != y.priority) return x.priority > y.priority;
    if (a.entry.tie_rank != b.entry.tie_rank) return a.entry.tie_rank < b.entry.tie_rank;
    return x.name < y.name;
  });
}

void check_against_scan(uint32_t seed, size_t routers, size_t requests) {
  RuleMaker make(seed);
  std::vector<Reference> references = random_routers(make, routers);
  std::vector<RouterEntry> entries;
  for (const Reference& reference : references) entries.push_back(reference.entry);
  Router router(entries);
  sort_by_order_of_asking(references);
  for (size_t i = 0; i < requests; ++i) {
    RequestFixture request(make.request());
    const RequestText& text = request.text();
    auto found =
        std::ranges::find_if(references, [&text](const Reference& r) { return r.holds(text); });
    const pipeline::Route* wanted = found == references.end() ? nullptr : found->entry.route.get();
    const pipeline::Route* got = router.match(request.context());
    auto asked = router.explain(request.context());
    const pipeline::Route* explained =
        asked.empty() || !asked.back().is_match ? nullptr : asked.back().route;
    if (got == wanted && explained == wanted) continue;
    FAIL("seed " << seed << ": " << text.method << ' ' << text.host << text.path << '?'
                 << text.query << "\nwanted " << (wanted ? wanted->rule : "none") << "\ngot    "
                 << (got ? got->rule : "none") << "\nexplained "
                 << (explained ? explained->rule : "none"));
  }
}

}  // namespace

TEST_CASE("answers_as_a_linear_scan_would") {
  for (uint32_t seed = 1; seed <= 40; ++seed) check_against_scan(seed, 1 + seed * seed / 4, 500);
}

}  // namespace fairlead::routing
