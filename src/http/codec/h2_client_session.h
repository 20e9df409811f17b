// HTTP/2 framing of one connection to an upstream, without any I/O (RFC 9113, RFC 7541): requests
// become frames, bytes fed in become events. Wraps nghttp2, which judges what responses may look
// like (RFC 9113 §8.1, §8.3.2); what a hostile upstream may cost is limited here. One connection,
// one thread.
#pragma once

#include "http/codec/h2_call.h"
#include "http/codec/h2_limits.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_session.h"

struct nghttp2_session;

namespace fairlead::http {

// Told while bytes are fed or frames pulled. None of these may feed or pull.
class H2ClientEvents {
 public:
  // More was received: a head, bytes, the end, or a failure.
  virtual void on_received(H2Call& call) = 0;
  // What was being sent is framed.
  virtual void on_sent(H2Call& call) = 0;
  // Windows may have opened.
  virtual void on_window() = 0;
  // The upstream takes no new streams on this connection.
  virtual void on_go_away() = 0;
  virtual void on_pong() = 0;

 protected:
  ~H2ClientEvents() = default;
};

class H2ClientSession {
 public:
  // What we ask of upstreams. The connection's window covers every stream's, so that a client that
  // does not read its answer starves nobody else's.
  static H2Limits usual_limits();

  H2ClientSession(H2ClientEvents& events, const H2Limits& limits);
  ~H2ClientSession();
  H2ClientSession(const H2ClientSession&) = delete;
  H2ClientSession& operator=(const H2ClientSession&) = delete;

  // Takes what was received. After a fatal fault the rest is ignored; is_over() tells.
  void feed(std::string_view bytes, io::TimePoint now);
  // Appends frames while there are any and `output` has room.
  void pull(H2Output& output, io::TimePoint now);
  bool wants_write() const;
  bool is_over() const;
  // Why it ended; ok while it goes on, and when it ended in order.
  Code fault() const { return fault_; }

  // How many streams may be open at once, by the upstream's word and ours.
  size_t max_streams() const;
  // False when no stream can be opened any more. `host` becomes :authority; `fields` are the
  // regular ones, which are copied.
  bool open(H2Call& call, const RequestHead& head, std::span<const Field> fields,
            std::string_view host, std::string_view scheme, bool ends_stream);
  // The next piece of the body, after the former has been framed. Its memory, and the trailers',
  // must stay until then.
  void send(H2Call& call, Chunk chunk, const HeaderMap* trailers);
  void reset(H2Call& call, H2Error error);
  // Gives the upstream credit for bytes that have been read.
  void consumed(H2Call& call, size_t bytes);
  // Bytes the upstream takes on the stream now; at most 0: it has to wait. A stream whose head has
  // not left may be given a piece.
  int32_t window(const H2Call& call) const;
  // The call's object goes. What was not read is given back to the connection.
  void forget(H2Call& call);
  // The connection is gone: every open call fails with what `error_of` says.
  template <class ErrorOf>
  void fail_all(ErrorOf error_of) {
    calls_.for_each([&](H2Call& call) {
      if (!call.is_closed_) fail(call, error_of(call));
    });
  }
  template <class Visit>
  void for_each_call(Visit visit) {
    calls_.for_each(visit);
  }

  void ping();
  // Only GOAWAY is still sent.
  void terminate(H2Error error);

 private:
  friend struct H2ClientCallbacks;
  struct Piece {
    size_t bytes = 0;
    bool is_last = false;
    bool has_trailers = false;
  };

  void submit_settings();
  void fatal(Code code, H2Error error);
  void judge(GlitchMeter::Verdict verdict);
  void begin_block(H2Call& call, bool is_response);
  void add_field(H2Call* call, std::string_view name, std::string_view value);
  Code check_field(std::string_view name, std::string_view value);
  void end_block(H2Call& call, bool ends_stream);
  void received_data(H2Call* call, std::string_view bytes);
  void received_end(H2Call& call);
  void stream_closed(H2Call& call, uint32_t code);
  void not_sent(int32_t id);
  void fail(H2Call& call, Error error);
  Piece next_piece(H2Call& call, size_t room);
  bool write_piece(H2Call& call, std::string_view header, size_t bytes);

  H2ClientEvents& events_;
  H2Limits limits_;
  nghttp2_session* session_ = nullptr;
  List<H2Call> calls_;
  io::TimePoint now_{};
  GlitchMeter glitches_;
  H2Output* output_ = nullptr;  // while pulling
  // Of the header block that is being decoded, whoever it is for.
  uint32_t block_fields_ = 0;
  size_t block_bytes_ = 0;
  Code fault_ = Code::ok;
  bool is_ended_ = false;        // fatal: only what is queued goes out
  bool is_broken_ = false;       // nghttp2 cannot go on
  bool is_piece_whole_ = false;  // the DATA frame just written ended its chunk
};

}  // namespace fairlead::http
