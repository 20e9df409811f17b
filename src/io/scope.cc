#include "io/scope.h"

#include <algorithm>

namespace fairlead::io {

TimePoint time_limit(Duration limit) {
  return limit > Duration::zero() ? Loop::current()->now() + limit : TimePoint::max();
}

Timeout not_after(TimePoint until, Timeout timeout) {
  if (until == TimePoint::max()) return timeout;
  Duration left = std::max(until - Loop::current()->now(), Duration{1});
  if (!timeout.is_limited() || left < timeout.after) timeout.after = left;
  return timeout;
}

void Waiter::finish(Error outcome) {
  if (!is_waiting_) return;
  is_waiting_ = false;
  outcome_ = outcome;
  if (slot_ != nullptr) *slot_ = nullptr;
  alarm_.disarm();
  ScopeHook::unlink();
  loop_->resume_soon(ready_);
}

void Waiter::on_timeout(Timer& timer) {
  Waiter& waiter = static_cast<Alarm&>(timer).waiter;
  waiter.finish(waiter.timeout_.error());
}

bool Wait::await_suspend(std::coroutine_handle<> handle) {
  if (scope_ != nullptr && scope_->is_cancelled()) {
    waiter_.outcome_ = scope_->error();
    return false;
  }
  waiter_.loop_ = Loop::current();
  waiter_.ready_.handle = handle;
  waiter_.is_waiting_ = true;
  if (waiter_.slot_ != nullptr) {
    FAIRLEAD_CHECK(*waiter_.slot_ == nullptr);
    *waiter_.slot_ = &waiter_;
  }
  if (scope_ != nullptr) scope_->waiters_.push_back(waiter_);
  if (waiter_.timeout_.is_limited()) waiter_.loop_->arm(waiter_.alarm_, waiter_.timeout_.after);
  return true;
}

Scope::Scope(Scope* parent) {
  if (parent == nullptr) return;
  parent->children_.push_back(*this);
  error_ = parent->error_;
}

Scope::~Scope() { FAIRLEAD_CHECK(tasks_ == 0); }

void Scope::spawn(Task<void> task) {
  ++tasks_;
  run(*this, std::move(task)).handle.resume();
}

namespace {
// Puts a new task behind what is ready already, so that spawn() never runs it inside its caller.
struct NextTurn {
  Ready ready;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    ready.handle = handle;
    Loop::current()->resume_soon(ready);
  }
  void await_resume() noexcept {}
};
}  // namespace

detail::Root Scope::run(Scope& scope, Task<void> task) {
  NextTurn next_turn;
  co_await next_turn;
  {
    Task<void> owned = std::move(task);
    co_await owned;
  }
  scope.finished();
}

void Scope::finished() {
  if (--tasks_ == 0 && joiner_ != nullptr) joiner_->wake();
}

void Scope::cancel(Error error) {
  if (is_cancelled()) return;
  error_ = error;
  alarm_.disarm();
  while (!waiters_.empty()) waiters_.front().wake(error);
  children_.for_each([&](Scope& child) { child.cancel(error); });
}

void Scope::set_deadline(Timeout timeout) {
  deadline_ = timeout;
  if (timeout.is_limited()) {
    Loop::current()->arm(alarm_, timeout.after);
  } else {
    alarm_.disarm();
  }
}

void Scope::on_deadline(Timer& timer) {
  Scope& scope = static_cast<Alarm&>(timer).scope;
  scope.cancel(scope.deadline_.error());
}

Task<void> Scope::wait_for_tasks() {
  while (tasks_ != 0) {
    Wait all_ended(&joiner_, nullptr, kNoTimeout);
    (void)co_await all_ended;
  }
}

}  // namespace fairlead::io
