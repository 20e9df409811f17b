// An HTTP/2 connection to an upstream: many requests at once, each an H2ClientStream (RFC 9113).
// run() is the connection's life; whoever spawned it owns the object and may destroy it only when
// run() has returned, which it does once the transport is gone and the last stream too. One worker.
#pragma once

#include "http/client/client_stream.h"
#include "http/codec/h2_client_session.h"
#include "io/scope.h"

namespace fairlead::http {

class H2ClientStream;

class H2ClientConnection : private H2ClientEvents {
 public:
  struct Settings {
    std::string_view scheme = "http";  // static text
    UpstreamTimeouts timeouts;
    io::Duration idle{90'000};  // without streams
  };
  H2ClientConnection(io::StreamPtr stream, Settings settings);
  virtual ~H2ClientConnection() = default;
  H2ClientConnection(const H2ClientConnection&) = delete;
  H2ClientConnection& operator=(const H2ClientConnection&) = delete;

  io::Task<void> run();
  // Takes another stream now.
  bool has_room() const { return !is_leaving_ && live_ < session_.max_streams(); }
  // As far as the kernel knows: for requests that must not be sent twice.
  bool is_peer_open() const { return stream_->peer_state() == io::Stream::PeerState::open; }
  // No new streams; ends when the open ones have.
  void leave();
  // Ends now; open streams fail.
  void cut(Error error) { scope_.cancel(error); }
  size_t live() const { return live_; }

 private:
  friend class H2ClientStream;
  friend class H2ResponseBody;

  void on_received(H2Call& call) override;
  void on_sent(H2Call& call) override;
  void on_window() override;
  void on_go_away() override { is_leaving_ = true; }
  void on_pong() override {}

  void add(H2ClientStream& stream);
  void remove(H2ClientStream& stream);
  void wake_writer() { writable_.set(); }
  io::Task<void> write_loop();
  io::Task<Error> read_loop();
  Result<bool> read_round();
  io::Timeout read_limit() const;
  Result<void> waited_in_vain(const Error& why);
  void end(Error error);

  io::StreamPtr stream_;
  Settings settings_;
  H2ClientSession session_;
  H2Output output_;
  size_t live_ = 0;
  uint64_t opened_ = 0;
  io::Scope scope_;  // of the waits on the transport
  io::Scope loops_;
  io::Event writable_;
  io::Event deserted_;  // over, and no stream left
  io::TimePoint idle_since_{};
  bool has_ping_out_ = false;
  bool is_leaving_ = false;
  bool is_over_ = false;
};

// One request on such a connection. Lives in the exchange's arena.
class H2ClientStream final : public ClientStream, public H2Call {
 public:
  H2ClientStream(H2ClientConnection& connection, Arena& arena, UpstreamTimeouts timeouts);
  ~H2ClientStream() override;

  io::Task<Result<void>> send_head(const RequestHead& head, std::string_view host,
                                   const Body* body) override;
  io::Task<Result<void>> send_body(Body& body) override;
  io::Task<Result<void>> receive_head(ResponseHead& head, io::Duration limit) override;
  Body* body() override { return body_; }
  io::Stream* tunnel_stream() override { return nullptr; }
  std::string_view tunnel_early() override { return {}; }
  bool is_silent() const override { return H2Call::is_silent(); }
  bool has_sent() const override { return has_sent_; }
  void set_scope(io::Scope* scope) override { scope_ = scope; }
  void abandon() override;

 private:
  friend class H2ClientConnection;
  friend class H2ResponseBody;

  void wake_reader() {
    if (reader_ != nullptr) reader_->wake();
  }
  void wake_writer() {
    if (writer_ != nullptr) writer_->wake();
  }
  Error why_closed(Stage stage) const;
  io::Timeout idle_timeout(Stage stage) const;
  io::Task<Result<void>> wait_for_window();
  io::Task<Result<void>> wait_until_framed();
  Result<void> accept_head(ResponseHead& head);

  H2ClientConnection& connection_;
  UpstreamTimeouts timeouts_;
  io::Scope* scope_ = nullptr;
  io::Waiter* reader_ = nullptr;  // of heads and of the body: one after the other
  io::Waiter* writer_ = nullptr;
  Body* body_ = nullptr;
  Method method_ = Method::get;
  bool has_sent_ = false;
  bool is_upload_over_ = false;
  bool is_abandoned_ = false;
};

}  // namespace fairlead::http
