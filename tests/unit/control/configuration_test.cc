#include "control/configuration.h"

#include <doctest/doctest.h>

#include "support/allocation_count.h"

namespace fairlead::control {
namespace {

config::Fragment make_fragment(int routers) {
  config::Fragment fragment;
  fragment.provider = "file";
  for (int i = 0; i < routers; ++i) {
    std::string name = "tenant-h" + std::to_string(i);
    fragment.objects.routers[name].rule = "Host(`" + name + ".example.com`)";
    fragment.objects.routers[name].service = name;
    fragment.objects.services[name].load_balancer.servers.push_back(
        {.url = "http://" + name + ":8080"});
  }
  return fragment;
}

struct Control {
  Control() : configuration(merge(), validate(), compile()) {}

  static config::MergeSettings merge() {
    config::MergeSettings settings;
    settings.entry_points.entry_points.emplace_back().name = "web";
    return settings;
  }
  static config::ValidateSettings validate() {
    config::ValidateSettings settings;
    settings.entry_points = {"web"};
    return settings;
  }
  static CompilerSettings compile() {
    CompilerSettings settings;
    settings.entry_points = {"web"};
    return settings;
  }

  Configuration configuration;
};

// What did not change is the same object as before: neither copied nor looked at again.
TEST_CASE("one_changed_router_among_thousands_costs_few_allocations") {
  constexpr int kRouters = 2000;
  Control control;
  config::Fragment fragment = make_fragment(kRouters);
  Outcome first = control.configuration.build({&fragment});
  fragment.objects.routers["tenant-h7"].rule += " && PathPrefix(`/new`)";
  uint64_t before = test::allocation_count();
  Outcome second = control.configuration.build({&fragment});
  uint64_t spent = test::allocation_count() - before;
  CHECK(second.config.diagnostics.empty());
  CHECK(second.snapshot->router(0, false)->size() == kRouters);
  MESSAGE("allocations per router: ", static_cast<double>(spent) / kRouters);
  CHECK(spent < kRouters / 4);
}

TEST_CASE("an_unchanged_configuration_keeps_its_routers") {
  Control control;
  config::Fragment fragment = make_fragment(3);
  Outcome first = control.configuration.build({&fragment});
  Outcome second = control.configuration.build({&fragment});
  CHECK(first.snapshot != second.snapshot);
  CHECK(first.snapshot->router(0, false) == second.snapshot->router(0, false));
}

TEST_CASE("an_unchanged_middleware_keeps_its_slots_when_older_snapshots_are_gone") {
  Control control;
  config::Fragment fragment = make_fragment(2);
  config::MiddlewareSpec& auth = fragment.objects.middlewares["auth"];
  auth.type = "basicAuth";
  auth.options.at("users") = config::Node::text("test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/");
  fragment.objects.routers["tenant-h0"].middlewares = {"auth"};
  Outcome outcome = control.configuration.build({&fragment});
  REQUIRE(outcome.config.diagnostics.empty());
  size_t slots = control.configuration.compiler().slots();
  CHECK(slots == 5);  // of the middleware, two services and their pools
  for (int i = 0; i < 3; ++i) {
    fragment.objects.routers["tenant-h1"].rule += " && Method(`GET`)";
    outcome = control.configuration.build({&fragment});
    CHECK(control.configuration.compiler().slots() == slots);
  }
}

TEST_CASE("a_service_that_loses_its_router_frees_its_slot") {
  Control control;
  config::Fragment fragment = make_fragment(2);
  Outcome outcome = control.configuration.build({&fragment});
  fragment.objects.routers.erase("tenant-h1");
  for (int i = 0; i < 3; ++i) outcome = control.configuration.build({&fragment});
  CHECK(control.configuration.compiler().slots() == 2);
}

}  // namespace
}  // namespace fairlead::control
