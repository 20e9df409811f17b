// The static configuration's accessLog and metrics sections, in the terms of src/observe (which
// knows no configuration). Words have been checked by config::decode_static. Pure.
#pragma once

#include "config/static_config.h"
#include "observe/log_settings.h"
#include "observe/metrics.h"

namespace fairlead::admin {

// Fields this program does not write are skipped: dropping them is what happens anyway.
observe::AccessLogSettings access_log_settings(const config::AccessLogConfig& section);

// Without a Prometheus section nobody can read request counters: all labels are off.
observe::MetricsSettings metrics_settings(const config::StaticConfig& config);

}  // namespace fairlead::admin
