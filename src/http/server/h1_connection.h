// An HTTP/1 connection with a client: reads one request after another (pipelined ones wait their
// turn), has each answered, keeps the connection or closes it. RFC 9112 §9. One worker; runs as one
// coroutine until the connection ends.
#pragma once

#include <chrono>

#include "http/codec/h1_parser.h"
#include "http/codec/h2_limits.h"
#include "http/semantics.h"
#include "http/server/server_stream.h"
#include "io/stream.h"

namespace fairlead::http {

// Of an entry point; outlives its connections. Zero durations and counts mean no limit.
struct ServerSettings {
  RequestPolicy policy;
  HeadLimits head_limits;
  io::Duration client_header{10'000};  // whole head, from its first byte
  io::Duration client_idle{30'000};    // between two reads of a body
  io::Duration client_write{60'000};   // between two writes of a response
  io::Duration keepalive{180'000};     // between two requests
  io::Duration first_byte{10'000};     // from accept to the first byte
  io::Duration request_read{0};        // whole request, with its body
  uint64_t min_body_rate = 240;        // bytes a second, after 5 s of waiting
  uint64_t max_requests = 0;           // of one connection
  io::Duration max_age{0};             // of one connection
  H2Limits h2;                         // of connections that speak HTTP/2
};

// Of a worker: how connections learn that it drains.
struct DrainState {
  bool is_draining = false;
  io::Scope* notice = nullptr;  // cancelled when the drain begins: HTTP/2 says goodbye
  io::Scope* idle = nullptr;    // cancelled then or later: ends the wait for a next request
  io::Scope* fresh = nullptr;   // cancelled a little later: ends the wait for a first request
};

// Runs the connection to its end; in clear text (`tls` is null), a client that begins with the
// HTTP/2 preface is served by run_h2_connection(). `scope` is the connection's: cancelling it ends
// everything.
io::Task<void> run_h1_connection(io::Stream& stream, RequestHandler& handler,
                                 const ServerSettings& settings, const DrainState& drain,
                                 io::Scope& scope, const tls::Session* tls);

}  // namespace fairlead::http
