// A Loop on a virtual clock: step() jumps straight to the next deadline, so a test of timeouts
// takes no time.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "io/loop.h"
#include "io/scope.h"
#include "io/task.h"

namespace fairlead::testing {

class VirtualLoop final : public io::Loop {
 public:
  VirtualLoop() : before_(io::Loop::current()) {
    io::Loop::current() = this;
    turn(time_);
  }
  ~VirtualLoop() override { io::Loop::current() = before_; }

  // Runs what is ready, then jumps to the next deadline. False when nothing is armed.
  bool step() override {
    io::TimePoint due = turn(time_);
    if (due == io::TimePoint::max()) return false;
    if (due > time_) time_ = due;
    turn(time_);
    return true;
  }
  // Runs what is ready without moving the clock.
  void settle() { turn(time_); }
  // Moves the clock, firing every deadline on the way.
  void advance(io::Duration by) {
    io::TimePoint until = time_ + by;
    for (;;) {
      io::TimePoint due = turn(time_);
      if (due >= until) break;
      if (due > time_) time_ = due;
    }
    time_ = until;
    turn(time_);
  }

  // Runs a task to its end, jumping over waits. Nothing when it can never end.
  template <class T>
  std::optional<T> run(io::Task<T> task) {
    std::optional<T> result;
    io::Scope scope;
    scope.spawn(keep(std::move(task), result));
    while (!scope.is_idle()) {
      if (!step() && !scope.is_idle()) {
        scope.cancel(Error{Code::cancelled});
        settle();
        if (!scope.is_idle()) std::abort();  // waits on nothing at all
        return std::nullopt;
      }
    }
    return result;
  }

 private:
  template <class T>
  static io::Task<void> keep(io::Task<T> task, std::optional<T>& into) {
    io::Task<T> owned = std::move(task);
    into.emplace(co_await owned);
  }

  io::Loop* before_;
  io::TimePoint time_{io::Duration{1'000'000}};
};

}  // namespace fairlead::testing
