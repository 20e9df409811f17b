// One request and its response as seen from the server's side, whatever the protocol version. Made
// by a connection, handed to the RequestHandler, gone when serve() has returned. One worker.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "http/body.h"
#include "http/message.h"
#include "io/stream.h"

namespace fairlead::tls {
struct Session;
}

namespace fairlead::http {

class ServerStream {
 public:
  virtual ~ServerStream() = default;

  // Sends an interim (1xx) head; nothing when the client speaks HTTP/1.0.
  virtual io::Task<Result<void>> write_interim(const ResponseHead& head) = 0;
  // Sends the final head and the whole body, waiting for the client as needed. Once.
  virtual io::Task<Result<void>> write_response(const ResponseHead& head, Body* body) = 0;
  // The connection's bytes after a 101 (HTTP/1) for a tunnel; null where the version has no such
  // thing.
  virtual io::Stream* tunnel_stream() = 0;
  // Bytes that the client sent after its upgrade request.
  virtual std::string_view tunnel_early() = 0;

  // Nothing of a final response has been sent.
  virtual bool can_respond() const = 0;
  virtual uint64_t body_bytes_sent() const = 0;
  // The answer must be the connection's last.
  virtual void close_after() = 0;
  // `scope` ends the waits on the client's connection, and is cancelled when the client goes away
  // while it is being served. Null gives the connection back to its own scope.
  virtual void watch_client(io::Scope* scope) = 0;
};

// What a connection was opened with; outlives it.
struct Peers {
  const io::Address& peer;
  const io::Address& local;
  io::Scope& connection;              // cancelled when the connection must end
  const tls::Session* tls = nullptr;  // null: clear text

  bool is_tls() const { return tls != nullptr; }
};

// Serves requests: server/serve.h. Shared by all connections of a worker.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // Answers one request through `stream`. `head` has passed http/semantics.h; `body` is null when
  // there is none.
  virtual io::Task<void> serve(ServerStream& stream, Arena& arena, RequestHead&& head, Body* body,
                               const Peers& peers) = 0;
  // A message that was refused before it became a request: counted and logged, then answered by the
  // connection.
  virtual void refused(Error error, const Peers& peers) = 0;
};

}  // namespace fairlead::http
