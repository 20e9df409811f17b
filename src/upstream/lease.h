// A place for one request on a connection to an endpoint: taken from the endpoint's pool, or on a
// connection that is opened for it. The stream lives in the exchange's arena; when that goes, an
// HTTP/1.1 connection that is clean returns to its pool and any other is closed, and of an HTTP/2
// connection only the stream ends. One worker.
#pragma once

#include "base/arena.h"
#include "http/client/client_stream.h"
#include "io/scope.h"
#include "io/worker_context.h"
#include "upstream/endpoint.h"
#include "upstream/transport.h"

namespace fairlead::upstream {

struct LeaseRequest {
  const Endpoint& endpoint;
  const Transport& transport;
  Arena& arena;
  // The attempt's: its cancellation ends the dialing and every wait on the stream. Outlives the
  // last use of the stream.
  io::Scope& scope;
  bool is_careful = false;              // must not be sent twice
  bool needs_fresh_connection = false;  // none from the pool
  bool needs_http1 = false;             // for an upgrade
};

struct Lease {
  http::ClientStream* stream = nullptr;
  bool is_new = false;  // the connection was opened for it
};

// Ready at once when the pool has a connection. HTTP/2 is spoken where the endpoint's scheme or its
// TLS handshake says so.
io::Task<Result<Lease>> lease(io::WorkerContext& worker, LeaseRequest request);

}  // namespace fairlead::upstream
