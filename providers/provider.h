// A provider watches one source of configuration and publishes whole fragments: everything it
// knows, every time. It runs as a coroutine on the control thread until its scope is cancelled. It
// never fails the process: what is wrong becomes diagnostics and a state.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/dynamic.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/task.h"

namespace fairlead::providers {

enum class Connection : uint8_t { connecting, connected, lost };

// Where a provider's fragments go. Implemented by control/config_hub. Control thread only.
class FragmentSink {
 public:
  virtual ~FragmentSink() = default;
  // Latest wins; equal to the last one is a no-op.
  virtual void publish(config::Fragment fragment) = 0;
  // For logs, /ready and metrics. `why` is for people ("connect: no such file").
  virtual void connection(std::string_view provider, Connection state, std::string_view why) = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const = 0;
  // Publishes at least once when it has read its source, then on every change; returns when `scope`
  // is cancelled.
  virtual io::Task<void> run(io::Scope& scope, FragmentSink& sink) = 0;
};

}  // namespace fairlead::providers
