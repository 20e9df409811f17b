// What one changed router among 10,000 costs the control thread: Configuration::build(), that is
// merging, validating and compiling, after a first build of everything. Processor time of this
// thread, so that a busy machine disturbs only through the shared caches; under a tool that counts
// instructions "configuration_bench ROUTERS BUILDS" repeats the changed build as often as is said.
#include <algorithm>
#include <cstdio>
#include <string>

#include "control/configuration.h"

namespace {

using namespace fairlead;

constexpr int kBuilds = 7;

config::Fragment make_fragment(size_t count) {
  config::Fragment fragment;
  fragment.provider = "docker";
  for (size_t i = 0; i < count; ++i) {
    std::string name = "tenant-h" + std::to_string(i);
    config::RouterSpec& router = fragment.objects.routers[name];
    router.rule = "Host(`h" + std::to_string(i) + ".example.com`)";
    router.service = name;
    config::ServiceSpec& service = fragment.objects.services[name];
    service.load_balancer.servers.push_back({.url = "http://10." + std::to_string(i / 65536) + "." +
                                                    std::to_string(i / 256 % 256) + "." +
                                                    std::to_string(i % 256) + ":8080"});
  }
  return fragment;
}

control::Configuration make_configuration() {
  config::MergeSettings merge;
  config::ValidateSettings validate;
  control::CompilerSettings compile;
  for (const char* name : {"web", "websecure"}) {
    merge.entry_points.entry_points.emplace_back().name = name;
    validate.entry_points.insert(name);
    compile.entry_points.emplace_back(name);
  }
  return {std::move(merge), std::move(validate), std::move(compile)};
}

double milliseconds(const control::Outcome& outcome) {
  return static_cast<double>(outcome.cpu_time.count()) / 1e3;
}

}  // namespace

int main(int count, char** words) {
  size_t routers = count > 1 ? std::stoul(words[1]) : 10'000;
  int builds = count > 2 ? std::stoi(words[2]) : kBuilds;
  config::Fragment fragment = make_fragment(routers);
  control::Configuration configuration = make_configuration();
  control::Outcome outcome = configuration.build({&fragment});
  std::printf("%zu routers, first build: %.1f ms\n", routers, milliseconds(outcome));
  std::string& rule = fragment.objects.routers.at("tenant-h" + std::to_string(routers / 2)).rule;
  double best = 1e9, worst = 0;
  for (int i = 0; i < builds; ++i) {
    rule += " && PathPrefix(`/" + std::to_string(i) + "`)";
    // Like the application, which holds the old configuration until the new one is published.
    outcome = configuration.build({&fragment});
    best = std::min(best, milliseconds(outcome));
    worst = std::max(worst, milliseconds(outcome));
  }
  if (outcome.snapshot->router(0, false)->size() != routers) return 1;
  if (builds > 0) std::printf("one changed: %.1f to %.1f ms\n", best, worst);
}
