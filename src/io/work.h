// Runs something slow (a password hash, a name look-up, a file) on a pool of threads and comes back
// to this loop. The job must not touch anything of the loop's thread but what it was given. Not
// cancellable: the wait ends when it does.
#pragma once

#include <functional>

#include "io/task.h"

namespace fairlead::io {

Task<void> run_on_pool(std::function<void()> job);

}  // namespace fairlead::io
