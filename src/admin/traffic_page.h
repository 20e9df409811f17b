// /api/v1/traffic: the request counters of entry points, routers and services as they stand; who
// wants rates asks twice. Any thread.
#pragma once

#include "admin/json.h"
#include "observe/metrics.h"

namespace fairlead::admin {

// {"time": ms, "bounds": [s], "entryPoints": {name: {requests, errors, seconds, buckets}},
// "routers": …, "services": …}. `errors` are answers of 5xx; `buckets` are cumulative, one for each
// bound.
Json traffic_page(observe::Metrics& metrics);

}  // namespace fairlead::admin
