// Waiting, once, for everything: `co_await Wait(...)` suspends until a slot is woken, a timeout
// passes or a Scope is cancelled, whichever is first. The only awaiter besides Task. A Waiter lives
// in the awaiting frame; whoever wakes it goes through the loop's ready queue. One thread.
#pragma once

#include <coroutine>
#include <cstdint>

#include "base/check.h"
#include "base/list.h"
#include "base/result.h"
#include "io/loop.h"

namespace fairlead::io {

class Scope;

// How long, and what it is called when it was too long. A zero or negative length means no limit.
struct Timeout {
  Duration after{0};
  Code code = Code::internal;
  Side side = Side::self;
  Stage stage = Stage::none;
  Retry retry = Retry::never;

  bool is_limited() const { return after > Duration::zero(); }
  Error error() const { return {code, side, stage, retry, 0}; }
};

inline constexpr Timeout kNoTimeout{};

// When `limit` from now will have passed; never for no limit.
TimePoint time_limit(Duration limit);
// `timeout`, cut short where `until` comes first.
Timeout not_after(TimePoint until, Timeout timeout);

struct ScopeHook : ListHook {};

class Waiter : public ScopeHook {
 public:
  // The first wake wins; later ones do nothing.
  void wake() { finish(Error{Code::ok}); }
  void wake(Error error) { finish(error); }

 private:
  friend class Wait;
  friend class Scope;
  explicit Waiter(Waiter** slot, Timeout timeout) : timeout_(timeout), slot_(slot) {}
  void finish(Error outcome);
  static void on_timeout(Timer& timer);

  struct Alarm : Timer {
    explicit Alarm(Waiter& w) : Timer(&Waiter::on_timeout), waiter(w) {}
    Waiter& waiter;
  };

  Ready ready_;
  Alarm alarm_{*this};
  Timeout timeout_;
  Waiter** slot_;  // where event sources find us; null for a pure sleep
  Loop* loop_ = nullptr;
  Error outcome_{Code::ok};
  bool is_waiting_ = false;
};

// co_await Wait(slot, scope, timeout) → Result<void>. `slot` (may be null) is where the event
// source looks for whom to wake; it must be empty: one waiter per slot. `scope` (may be null) can
// cancel the wait.
class [[nodiscard]] Wait {
 public:
  Wait(Waiter** slot, Scope* scope, Timeout timeout) : waiter_(slot, timeout), scope_(scope) {}
  // Nothing to wait for.
  static Wait ready() { return Wait(); }

  bool await_ready() const noexcept { return is_ready_; }
  bool await_suspend(std::coroutine_handle<> handle);
  Result<void> await_resume() {
    if (waiter_.outcome_.code == Code::ok) return {};
    return std::unexpected(waiter_.outcome_);
  }

 private:
  Wait() : waiter_(nullptr, Timeout{}), scope_(nullptr), is_ready_(true) {}

  Waiter waiter_;
  Scope* scope_;
  bool is_ready_ = false;
};

// Waits for a time to pass.
inline Wait sleep_for(Duration time, Scope* scope) {
  return Wait(nullptr, scope, Timeout{time, Code::ok});
}

// co_await Breath(): lets everything else have its turn, sockets and timers too. For loops that may
// never suspend.
class [[nodiscard]] Breath {
 public:
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    ready_.handle = handle;
    Loop::current()->resume_next_turn(ready_);
  }
  void await_resume() const noexcept {}

 private:
  Ready ready_;
};

// A flag that coroutines of one thread can wait for. set() wakes the one waiter; the flag stays set
// until reset().
class Event {
 public:
  void set() {
    is_set_ = true;
    if (waiter_ != nullptr) waiter_->wake();
  }
  void reset() { is_set_ = false; }
  bool is_set() const { return is_set_; }
  // Only when not set.
  Wait wait(Scope* scope, Timeout timeout = kNoTimeout) { return Wait(&waiter_, scope, timeout); }

 private:
  Waiter* waiter_ = nullptr;
  bool is_set_ = false;
};

}  // namespace fairlead::io
