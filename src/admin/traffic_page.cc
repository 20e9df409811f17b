#include "admin/traffic_page.h"

namespace fairlead::admin {
namespace {

const char* group_of(observe::Series::Kind kind) {
  switch (kind) {
    case observe::Series::Kind::entry_point:
      return "entryPoints";
    case observe::Series::Kind::router:
      return "routers";
    case observe::Series::Kind::service:
      return "services";
  }
  return "";
}

Json counters_of(const observe::Series& series, size_t bounds) {
  uint64_t requests = 0, errors = 0;
  std::chrono::nanoseconds duration{0};
  std::vector<uint64_t> buckets(bounds);
  for (const observe::Series::Total& total : series.totals()) {
    requests += total.requests;
    if (observe::code_label(total.code) >= 500) errors += total.requests;
    duration += total.duration;
    for (size_t i = 0; i < std::min(bounds, total.buckets.size()); ++i)
      buckets[i] += total.buckets[i];
  }
  for (size_t i = 1; i < bounds; ++i) buckets[i] += buckets[i - 1];
  return {{"requests", requests},
          {"errors", errors},
          {"seconds", std::chrono::duration<double>(duration).count()},
          {"buckets", std::move(buckets)}};
}

}  // namespace

Json traffic_page(observe::Metrics& metrics) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  Json out{{"time", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()},
           {"bounds", metrics.buckets()},
           {"entryPoints", Json::object()},
           {"routers", Json::object()},
           {"services", Json::object()}};
  metrics.each_series([&](const observe::Series& series) {
    // What was never asked costs nothing here: dashboards watch thousands of idle routers.
    Json counters = counters_of(series, metrics.buckets().size());
    if (counters["requests"] == 0) return;
    out[group_of(series.kind())][series.name()] = std::move(counters);
  });
  return out;
}

}  // namespace fairlead::admin
