// What is wrong or doubtful about one object of the cluster: for its Events, the log and the API. A
// value.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "config/diagnostics.h"

namespace fairlead::providers::kubernetes {

struct Finding {
  config::Severity severity = config::Severity::warning;
  std::string reason;  // of the Event: "MissingService"
  std::string field;   // "spec.rules[0].http.paths[1]"
  std::string message;
  bool operator==(const Finding&) const = default;
  auto operator<=>(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

}  // namespace fairlead::providers::kubernetes
