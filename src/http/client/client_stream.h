// One request and its response as seen from the client's side, whatever the protocol version. Made
// by leasing a connection (upstream/pool.h); lives in the exchange's arena. One worker.
#pragma once

#include <string_view>

#include "http/body.h"
#include "http/message.h"
#include "io/stream.h"

namespace fairlead::http {

struct UpstreamTimeouts {
  io::Duration head{0};  // request sent → response head
  io::Duration idle{0};  // between two reads or writes of a body
  // Of an HTTP/2 connection: after so much silence a ping is sent (zero: never), and this long is
  // waited for its answer.
  io::Duration read_idle{0};
  io::Duration ping{15'000};
};

class ClientStream {
 public:
  virtual ~ClientStream() = default;

  // Sends the head (and a first piece of body when it is there already). `host` is what goes into
  // Host / :authority.
  virtual io::Task<Result<void>> send_head(const RequestHead& head, std::string_view host,
                                           const Body* body) = 0;
  // Pumps the whole request body. Ends early with an error when the upstream stops taking it.
  virtual io::Task<Result<void>> send_body(Body& body) = 0;
  // The next head, interim (1xx) ones included; `head` must be fresh. `limit` zero waits without
  // end.
  virtual io::Task<Result<void>> receive_head(ResponseHead& head, io::Duration limit) = 0;
  // The response's body; null when it has none. After the final head; lives as long as this stream.
  virtual Body* body() = 0;

  // The raw connection after a 101, and the bytes that came with it.
  virtual io::Stream* tunnel_stream() = 0;
  virtual std::string_view tunnel_early() = 0;

  // Nothing of a response has arrived.
  virtual bool is_silent() const = 0;
  // Some byte of the request was handed to the socket.
  virtual bool has_sent() const = 0;
  // Whose cancellation ends the waits.
  virtual void set_scope(io::Scope* scope) = 0;
  // Gives up: the connection is closed and waits end.
  virtual void abandon() = 0;
};

}  // namespace fairlead::http
