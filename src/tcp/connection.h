// One client's connection on its way through a TCP route: who it is, and what has to be undone when
// it ends. On the frame of the task that serves it; one worker.
#pragma once

#include <memory>
#include <vector>

#include "io/address.h"
#include "io/scope.h"
#include "io/worker_context.h"

namespace fairlead::tcp {

struct Connection {
  io::WorkerContext& worker;
  io::Scope& scope;
  io::Address peer, local;  // after PROXY protocol
  // Released when the connection has ended: permits and the like.
  std::vector<std::shared_ptr<void>> held;
};

}  // namespace fairlead::tcp
