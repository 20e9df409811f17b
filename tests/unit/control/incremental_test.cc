// A configuration that follows a long series of changes is the one that a process would build that
// starts with the last of them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "control/configuration.h"

namespace fairlead::control {
namespace {

using config::Fragment;
using config::Node;

config::MergeSettings merging() {
  config::MergeSettings settings;
  auto& points = settings.entry_points.entry_points;
  points.emplace_back().name = "web";
  points.emplace_back().name = "secure";
  points.back().tls.emplace();
  points.emplace_back().name = "inner";
  points.back().middlewares = {"m1@one"};
  return settings;
}

config::ValidateSettings validating() {
  config::ValidateSettings settings;
  settings.entry_points = {"web", "secure", "inner"};
  return settings;
}

CompilerSettings compiling() {
  CompilerSettings settings;
  settings.entry_points = {"web", "secure", "inner"};
  return settings;
}

// Changes fragments at random, bad values and names that clash included.
class Changes {
 public:
  explicit Changes(uint32_t seed) : seed_(seed) {
    fragments_.push_back({"one", {}, {}});
    fragments_.push_back({"two", {}, {}});
    fragments_.push_back({"two", {}, {}});
  }

  std::vector<const Fragment*> next() {
    for (uint32_t changes = 1 + random(4); changes > 0; --changes) {
      change(fragments_[random(3)].objects);
    }
    std::vector<const Fragment*> all;
    for (const Fragment& fragment : fragments_) {
      if (random(12) != 0) all.push_back(&fragment);
    }
    return all;
  }

 private:
  uint32_t random(uint32_t below) {
    seed_ = seed_ * 1664525 + 1013904223;
    return (seed_ >> 8) % below;
  }
  std::string pick(std::vector<std::string> words) {
    return words[random(static_cast<uint32_t>(words.size()))];
  }
  std::string router() { return pick({"r1", "r2", "r2-x", "web-r1", "secure-r2", "inner-r3", ""}); }
  std::string service() { return pick({"s1", "s2", "s3", "s4", "s5", "s1@one", "gone", "b@d"}); }
  std::string middleware() { return pick({"m1", "m2", "m3", "gone"}); }

  void change(config::Objects& objects) {
    switch (random(8)) {
      case 0:
        objects.routers.erase(router());
        break;
      case 1:
        objects.services.erase(service());
        break;
      case 2:
        objects.middlewares.erase(middleware());
        break;
      case 3:
        change(objects.middlewares[middleware()]);
        break;
      case 4:
      case 5:
        change(objects.services[service()]);
        break;
      default:
        change(objects.routers[router()]);
    }
  }
  void change(config::RouterSpec& spec) {
    spec.rule = pick({"Host(`a.b`)", "PathPrefix(`/x`)", "Bad(", "", "Host(`c.d`) && Path(`/`)"});
    spec.service = service();
    spec.middlewares.clear();
    if (random(2) == 0) spec.middlewares.push_back(middleware());
    spec.entry_points.clear();
    for (const char* point : {"web", "secure", "inner", "nowhere"}) {
      if (random(3) == 0) spec.entry_points.emplace_back(point);
    }
    spec.parent_refs.clear();
    if (random(5) == 0) spec.parent_refs.push_back(router());
    spec.priority = random(3);
  }
  void change(config::ServiceSpec& spec) {
    using Kind = config::ServiceSpec::Kind;
    spec = {};
    if (random(2) == 0) {
      spec.kind = random(2) == 0 ? Kind::weighted : Kind::failover;
      spec.services = {{service(), 1}, {service(), 2}};
      if (spec.kind == Kind::weighted) return;
      spec.services.clear();
      spec.options.at("service") = Node::text(service());
      spec.options.at("fallback") = Node::text(service());
      return;
    }
    for (uint32_t count = random(3); count > 0; --count) {
      spec.load_balancer.servers.push_back(
          {.url = pick({"http://10.0.0.1:80", "http://10.0.0.2:80", "bad", "http://h"})});
    }
  }
  void change(config::MiddlewareSpec& spec) {
    spec.type = pick({"addprefix", "nonsense", "chain"});
    spec.options = Node::map();
    if (spec.type == "chain") {
      spec.options.at("middlewares") = Node::text(middleware() + "," + middleware());
    } else {
      spec.options.at("prefix") = Node::text(pick({"/a", "/b", ""}));
    }
  }

  uint32_t seed_;
  std::vector<Fragment> fragments_;
};

std::string text_of(const config::Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics) out += one.text() + "\n";
  return out;
}

std::string text_of(Outcome& outcome) {
  std::string out = text_of(outcome.config.diagnostics);
  config::complete_statuses(outcome.config.objects, outcome.validation);
  for (const auto* states : {&outcome.validation.routers, &outcome.validation.services,
                             &outcome.validation.middlewares}) {
    for (const auto& [name, status] : *states) {
      out += name + " " + std::string(config::name(status.state));
      for (const auto* words : {&status.errors, &status.uses, &status.used_by}) {
        for (const std::string& word : *words) out += " " + word;
      }
      out += "\n";
    }
  }
  for (const auto& service : *outcome.snapshot->services) out += *service.name + "\n";
  for (size_t i = 0; i < outcome.snapshot->entry_points.size(); ++i) {
    for (bool is_tls : {false, true}) {
      const routing::Router* router = outcome.snapshot->router(i, is_tls);
      out += std::to_string(router != nullptr ? router->size() : 0) + "\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("following_changes_ends_where_starting_anew_begins") {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Changes changes(seed);
    Configuration following(merging(), validating(), compiling());
    for (int step = 0; step < 40; ++step) {
      INFO("seed ", seed, " step ", step);
      std::vector<const Fragment*> fragments = changes.next();
      Configuration anew(merging(), validating(), compiling());
      Outcome one = following.build(fragments), other = anew.build(fragments);
      REQUIRE(one.config.objects == other.config.objects);
      REQUIRE(one.validation.rejected == other.validation.rejected);
      REQUIRE(text_of(one) == text_of(other));
    }
  }
}

TEST_CASE("what_stayed_the_same_is_the_same_object") {
  Fragment fragment{"file", {}, {}};
  for (const char* name : {"a", "a-b", "c"}) {
    fragment.objects.routers[name].rule = "Host(`x`)";
    fragment.objects.routers[name].service = "s";
  }
  fragment.objects.services["s"].load_balancer.servers.push_back({.url = "http://h"});
  config::Merger merger(merging());
  const Fragment* fragments[] = {&fragment};
  config::DynamicConfig before = merger.merge(fragments);
  fragment.objects.routers["a"].rule = "Host(`y`)";
  fragment.objects.routers.erase("c");
  fragment.objects.routers["b"].rule = "Host(`z`)";
  config::DynamicConfig after = merger.merge(fragments);
  auto element = [](const config::DynamicConfig& config, std::string_view name) {
    return &*config.objects.routers.find(name);
  };
  // On "secure" and "inner" as copies of their own, on "web" under the plain name.
  REQUIRE(after.objects.routers.size() == 9);
  for (const char* name : {"a-b@file", "secure-a-b@file", "inner-a-b@file"}) {
    CHECK(element(before, name) == element(after, name));
  }
  CHECK(element(before, "a@file") != element(after, "a@file"));
  CHECK(before.objects.routers.at("a@file").rule == "Host(`x`)");
  CHECK(before.objects.services.pointer(0) == after.objects.services.pointer(0));
}

TEST_CASE("services_are_shared_until_one_changes") {
  Fragment fragment{"file", {}, {}};
  for (const char* name : {"a", "b"}) {
    fragment.objects.routers[name].rule = "Host(`x`)";
    fragment.objects.routers[name].service = name;
    fragment.objects.services[name].load_balancer.servers.push_back({.url = "http://h"});
  }
  Configuration configuration(merging(), validating(), compiling());
  Outcome first = configuration.build({&fragment});
  fragment.objects.routers["a"].rule = "Host(`y`)";
  Outcome second = configuration.build({&fragment});
  CHECK(first.snapshot->services == second.snapshot->services);
  CHECK(first.snapshot->service("b@file") != nullptr);
  CHECK(first.snapshot->service("c@file") == nullptr);
  fragment.objects.services["a"].load_balancer.servers.push_back({.url = "http://i"});
  Outcome third = configuration.build({&fragment});
  CHECK(third.snapshot->services != second.snapshot->services);
  CHECK(third.snapshot->service("b@file") == second.snapshot->service("b@file"));
  CHECK(third.snapshot->service("a@file") != second.snapshot->service("a@file"));
}

}  // namespace fairlead::control
