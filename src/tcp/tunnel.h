// Bytes both ways between a client and a server until both have finished. An end of one direction
// is passed on as an end (half-close), a reset as a reset. Not reading is the backpressure: a
// direction reads on when what it read has been taken. Holds no buffer while idle. One worker.
#pragma once

#include <cstdint>

#include "io/stream.h"

namespace fairlead::tcp {

struct TunnelBytes {
  uint64_t up = 0, down = 0;
};

// Once one direction has ended, the other one may be silent for `termination_delay` (negative: for
// ever) before both are closed. Why silent: a long answer to a client that has sent all it had is
// not cut off while it flows. Both streams have `scope`; its end breaks the tunnel off.
io::Task<TunnelBytes> run_tunnel(io::Stream& client, io::Stream& upstream,
                                 io::Duration termination_delay, io::Scope& scope);

}  // namespace fairlead::tcp
