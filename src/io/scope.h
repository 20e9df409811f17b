// A nursery: owns the tasks spawned into it and can cancel what they wait for. Cancelling resumes,
// it does not destroy: every wait in the scope ends with the given error and the coroutines return
// by their normal error paths. A scope cannot die with tasks inside (checked). Nested: cancelling a
// parent cancels its children. One thread.
#pragma once

#include "base/list.h"
#include "base/result.h"
#include "io/task.h"
#include "io/wait.h"

namespace fairlead::io {

struct ChildScopeHook : ListHook {};

class Scope : public ChildScopeHook {
 public:
  explicit Scope(Scope* parent = nullptr);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Starts the task at the next turn of the loop; the scope owns it until it ends.
  void spawn(Task<void> task);

  // Ends every present and future wait in this scope with `error`. The first error wins.
  void cancel(Error error);
  bool is_cancelled() const { return error_.code != Code::ok; }
  Error error() const { return error_; }

  // Cancels when `after` has passed, unless told otherwise before.
  void set_deadline(Timeout timeout);

  bool is_idle() const { return tasks_ == 0; }
  size_t tasks() const { return tasks_; }
  // Waits until every spawned task has ended. Not cancelled by this scope.
  Task<void> join() {
    if (tasks_ == 0) return {};
    return wait_for_tasks();
  }

 private:
  friend class Wait;
  static detail::Root run(Scope& scope, Task<void> task);
  Task<void> wait_for_tasks();
  void finished();
  static void on_deadline(Timer& timer);

  struct Alarm : Timer {
    explicit Alarm(Scope& s) : Timer(&Scope::on_deadline), scope(s) {}
    Scope& scope;
  };

  List<Waiter, ScopeHook> waiters_;
  List<Scope, ChildScopeHook> children_;
  size_t tasks_ = 0;
  Waiter* joiner_ = nullptr;
  Error error_{Code::ok};
  Alarm alarm_{*this};
  Timeout deadline_{};
};

}  // namespace fairlead::io
