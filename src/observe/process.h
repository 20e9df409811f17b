// The process itself, under the names every Prometheus client library uses. Reads /proc; what
// cannot be read is left out. Any thread.
#pragma once

#include <functional>

#include "observe/metrics.h"

namespace fairlead::observe {

void collect_process(const std::function<void(Metric, double)>& emit);

}  // namespace fairlead::observe
