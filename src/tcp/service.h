// What a TCP route leads to: something that can be connected. Immutable, shared by all workers.
#pragma once

#include "io/stream.h"
#include "tcp/connection.h"

namespace fairlead::tcp {

// A server's end of a connection, ready for the client's bytes. Needs nothing of the snapshot it
// was made from, so that a long tunnel does not keep an old configuration.
struct Upstream {
  io::StreamPtr stream;
  io::Duration termination_delay{100};  // negative: for ever
};

class Service {
 public:
  virtual ~Service() = default;
  // Errors: no_server when there is none to try, otherwise what the last one tried said.
  virtual io::Task<Result<Upstream>> connect(Connection& connection) const = 0;
  // Some server may answer, as far as is known.
  virtual bool is_up() const = 0;
};

}  // namespace fairlead::tcp
