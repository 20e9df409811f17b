// An HTTP/1.1 connection to an upstream: one request in flight, then the next. The connection
// (socket, input) outlives its requests and sits in a pool between them; an H1ClientStream is one
// request on it. RFC 9112. One worker.
#pragma once

#include <optional>

#include "http/client/client_stream.h"
#include "http/codec/h1_body_reader.h"
#include "http/codec/h1_parser.h"
#include "http/codec/input_buffer.h"

namespace fairlead::http {

struct H1ClientConnection {
  explicit H1ClientConnection(io::StreamPtr connected) : stream(std::move(connected)) {}
  io::StreamPtr stream;
  InputBuffer input;
  uint64_t requests = 0;
};

class H1ClientStream final : public ClientStream {
 public:
  H1ClientStream(H1ClientConnection& connection, Arena& arena, UpstreamTimeouts timeouts);

  io::Task<Result<void>> send_head(const RequestHead& head, std::string_view host,
                                   const Body* body) override;
  io::Task<Result<void>> send_body(Body& body) override;
  io::Task<Result<void>> receive_head(ResponseHead& head, io::Duration limit) override;
  Body* body() override { return body_ ? &*body_ : nullptr; }
  io::Stream* tunnel_stream() override { return connection_.stream.get(); }
  std::string_view tunnel_early() override { return connection_.input.unread(); }
  bool is_silent() const override { return is_silent_; }
  bool has_sent() const override { return has_sent_; }
  void set_scope(io::Scope* scope) override { connection_.stream->set_scope(scope); }
  void abandon() override;

  // The connection is where it was before the request: whole message sent and received, nothing
  // left over, both sides willing.
  bool can_reuse() const;

 private:
  io::Task<Result<void>> send_rest_of_head(std::string_view rest);
  io::Timeout idle_timeout(Stage stage) const;
  Error as_upstream(Error error, Stage stage) const;

  H1ClientConnection& connection_;
  Arena& arena_;
  UpstreamTimeouts timeouts_;
  HeadParser parser_{HeadParser::Kind::response};
  std::optional<H1BodyReader> body_;
  Method method_ = Method::get;
  bool sends_chunked_ = false;
  bool is_upgrade_ = false;
  bool is_silent_ = true;
  bool has_sent_ = false;
  bool is_request_sent_ = false;
  bool has_final_head_ = false;
  bool is_keep_alive_ = false;
  bool is_abandoned_ = false;
  unsigned interims_ = 0;
};

}  // namespace fairlead::http
