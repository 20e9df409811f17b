// An HTTP/2 connection with a client: one loop reads and feeds the codec, one writes what the codec
// has to say, and every request is a task of its own. RFC 9113. One worker; runs as one coroutine
// until the connection ends.
#pragma once

#include "http/server/h1_connection.h"

namespace fairlead::http {

// Runs the connection to its end, like run_h1_connection(). `early` are bytes that have been read
// already: the preface of a client with prior knowledge.
io::Task<void> run_h2_connection(io::Stream& stream, RequestHandler& handler,
                                 const ServerSettings& settings, const DrainState& drain,
                                 io::Scope& scope, const tls::Session* tls, Chunk early = {});

// The client's preface (RFC 9113 §3.4), whose first line is made to be no HTTP/1 request line.
inline constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace fairlead::http
