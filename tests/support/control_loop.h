// A real loop for tests of the control plane: runs it until something is true, bounded in time.
// Owns the scope that the tested coroutines run in; ending it cancels them and waits for their end.
#pragma once

#include <chrono>
#include <optional>

#include "io/scope.h"
#include "io/uv_loop.h"

namespace fairlead::testing {

class ControlLoop {
 public:
  ControlLoop() {
    io::Loop::current() = &loop_;
    scope_.emplace();
    scope_->spawn(tick(*scope_));
  }
  ~ControlLoop() { end(); }

  io::Scope& scope() { return *scope_; }

  // Whether `claim` came true within `patience`.
  template <class Claim>
  bool until(Claim claim, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (!claim()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.step();
    }
    return true;
  }

  // Cancels everything in the scope; false when something does not end.
  bool end() {
    scope_->cancel({.code = Code::cancelled});
    // The tick ends with the rest: step() could wait for ever after it.
    loop_.drain_ready();
    return until([&] { return scope_->is_idle(); });
  }

 private:
  // Keeps step() from waiting for ever.
  static io::Task<void> tick(io::Scope& scope) {
    while (!scope.is_cancelled()) {
      io::Wait pause = io::sleep_for(io::Duration(10), &scope);
      (void)co_await pause;
    }
  }

  io::UvLoop loop_;
  std::optional<io::Scope> scope_;
};

}  // namespace fairlead::testing
