// Opens a connection to an endpoint: name to addresses, then the addresses one after another,
// within the transport's time. One worker.
#pragma once

#include "io/stream.h"
#include "io/worker_context.h"
#include "upstream/endpoint.h"
#include "upstream/transport.h"

namespace fairlead::upstream {

// `scope` ends the attempt when it is cancelled; the stream's waits are then the caller's to place.
// Errors may always be tried elsewhere: nothing was sent.
io::Task<Result<io::StreamPtr>> dial(io::WorkerContext& worker, const Endpoint& endpoint,
                                     const Transport& transport, io::Scope& scope);

}  // namespace fairlead::upstream
