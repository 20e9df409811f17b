// The internal services: ordinary handlers at the end of ordinary chains. Immutable, shared by all
// workers; what they show comes from a State and Metrics that outlive them.
#pragma once

#include <memory>
#include <string>

#include "admin/explanation.h"
#include "admin/state.h"
#include "observe/metrics.h"
#include "observe/tail.h"
#include "pipeline/middleware.h"

namespace fairlead::admin {

using Service = std::unique_ptr<const pipeline::Handler>;

// ping@internal. 200 "OK", and `terminating_status` while draining.
Service make_ping(const State& state, unsigned terminating_status = 503);
// 200 when every provider has reported and nothing is draining, else 503; the body names who is
// missing.
Service make_ready(const State& state);
// prometheus@internal.
Service make_metrics_page(observe::Metrics& metrics);

struct ApiSettings {
  std::string base_path = "/";
  std::string version;  // of the product
  std::string codename;
  WallTime started_at;
  std::string dashboard_name;
  bool disables_dashboard_ad = false;
  Explain explain;  // may be empty: then /api/v1/explain does not exist
};
// api@internal: everything under /api. What is null is not there.
Service make_api(const State& state, ApiSettings settings, observe::Metrics* metrics = nullptr,
                 observe::Tail* tail = nullptr);
// dashboard@internal: everything under <base_path>/dashboard/; other paths lead there.
Service make_dashboard(std::string base_path);

}  // namespace fairlead::admin
