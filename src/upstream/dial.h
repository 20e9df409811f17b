// Opens a connection to an endpoint: name to addresses, then the addresses one after another within
// the transport's time, then TLS where the endpoint has it. One worker.
#pragma once

#include "io/stream.h"
#include "io/worker_context.h"
#include "upstream/endpoint.h"
#include "upstream/transport.h"

namespace fairlead::upstream {

struct DialWish {
  bool offers_http2 = false;  // in ALPN
  // Outlives the connection.
  tls::ClientSessions* sessions = nullptr;
};

struct Dialed {
  io::StreamPtr stream;
  bool speaks_http2 = false;
};

// `scope` ends the attempt when it is cancelled; the stream's waits are then the caller's to place.
// Errors may always be tried elsewhere: nothing was sent.
io::Task<Result<Dialed>> dial(io::WorkerContext& worker, const Endpoint& endpoint,
                              const Transport& transport, DialWish wish, io::Scope& scope);

}  // namespace fairlead::upstream
