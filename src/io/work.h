// Runs something slow (a password hash, a name look-up, a file) on a pool of threads and comes back
// to this loop. The job must not touch anything of the loop's thread but what it was given. Not
// cancellable: the wait ends when it does.
#pragma once

#include <functional>
#include <memory>

#include "io/scope.h"
#include "io/task.h"

namespace fairlead::io {

// Not cancellable: the wait ends when the job does.
Task<void> run_on_pool(std::function<void()> job);

// A job that its caller may stop waiting for: it then goes on to its end unobserved, so it touches
// only what it owns.
class PoolJob {
 public:
  virtual ~PoolJob() = default;
  virtual void run() = 0;
};
// The error is the scope's.
Task<Result<void>> run_shared_on_pool(std::shared_ptr<PoolJob> job, Scope* scope);

}  // namespace fairlead::io
