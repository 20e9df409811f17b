// The river's last bend: from what all providers say to what the workers serve. Merges, validates,
// compiles, and hands the snapshot out together with everything people may ask about it. Control
// thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "config/merge.h"
#include "config/validate.h"
#include "control/compiler.h"

namespace fairlead::control {

struct Outcome {
  std::shared_ptr<const routing::RoutingSnapshot> snapshot;
  config::DynamicConfig config;  // in force; its diagnostics are all there are
  config::Validation validation;
  std::chrono::microseconds cpu_time{0};  // of this thread, for the whole change
};

class Configuration {
 public:
  Configuration(config::MergeSettings merge, config::ValidateSettings validate,
                CompilerSettings compile);
  // The settings ask the compiler by its address.
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  // Always yields something that can be served: what is broken is left out and reported.
  Outcome build(const std::vector<const config::Fragment*>& fragments);

  Compiler& compiler() { return compiler_; }

 private:
  Compiler compiler_;
  config::Merger merger_;
  config::Validator validator_;
  uint64_t version_ = 0;
};

}  // namespace fairlead::control
