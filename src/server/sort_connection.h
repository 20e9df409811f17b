// The first steps of a connection on an entry point that has TCP routers: what the client speaks,
// and whether a TCP router answers it. Such a connection is served here to its end; the others go
// on to HTTP with their bytes unread. One worker.
#pragma once

#include "http/server/h1_connection.h"
#include "server/options.h"
#include "server/serve.h"

namespace fairlead::server {

enum class Sorted : uint8_t {
  not_asked,
  http,  // in clear text
  tls,   // HTTP behind TLS
  done,  // served
};

// Where a connection came in.
struct Arrival {
  size_t entry_point;
  const EntryPointOptions& options;
  const http::DrainState& drain;
  WorkerServices& services;
  io::Scope& scope;
};

// `stream` stays the caller's unless the connection is done.
io::Task<Sorted> sort_connection(io::StreamPtr& stream, Arrival at);

}  // namespace fairlead::server
