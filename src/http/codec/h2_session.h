// HTTP/2 framing of one connection with a client, without any I/O (RFC 9113, RFC 7541, RFC 8441,
// RFC 9218): bytes fed in become events, frames are pulled out. Wraps nghttp2 and takes from it
// only framing, HPACK and flow control; what a request may look like is h2_headers.h, what a
// connection may cost is h2_limits.h. One connection, one thread.
#pragma once

#include <array>
#include <span>

#include "http/codec/h2_frame_walk.h"
#include "http/codec/h2_limits.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_stream.h"
#include "http/message.h"

struct nghttp2_session;

namespace fairlead::http {

// Error codes of RST_STREAM and GOAWAY that we choose (RFC 9113 §7).
enum class H2Error : uint32_t {
  no_error = 0,
  protocol_error = 1,
  internal_error = 2,
  stream_closed = 5,
  refused_stream = 7,
  cancel = 8,
  enhance_your_calm = 11,
};

// Told while bytes are fed or frames pulled. None of these may feed or pull.
class H2Events {
 public:
  // A head begins. Null refuses the stream: the client may try it again elsewhere.
  virtual H2Stream* open(int32_t id) = 0;
  // The head is complete; `fault` is ok, or why it is refused without being malformed.
  virtual void on_head(H2Stream& stream, Code fault) = 0;
  // More was received: bytes, the end, or a failure.
  virtual void on_received(H2Stream& stream) = 0;
  // What was being sent is framed.
  virtual void on_sent(H2Stream& stream) = 0;
  // The codec forgets the stream; nothing of it may be asked of the session any more.
  virtual void on_close(H2Stream& stream) = 0;
  // Something of the client's was refused or limited; to be counted.
  virtual void on_refused(Error error) = 0;
  // The client has acknowledged the notice of shutdown.
  virtual void on_notice_seen() = 0;

 protected:
  ~H2Events() = default;
};

class H2Session {
 public:
  H2Session(H2Events& events, const H2Limits& limits);
  ~H2Session();
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  // Takes what was received. After a fatal fault the rest is ignored; is_over() tells when all is
  // said.
  void feed(std::string_view bytes, io::TimePoint now);
  // Appends frames while there are any and `output` has room.
  void pull(H2Output& output, io::TimePoint now);
  bool wants_write() const;
  // Nothing will be received or sent any more.
  bool is_over() const;

  // The final head. `fields` have names in any case; they are copied.
  void send_head(H2Stream& stream, unsigned status, std::span<const Field> fields,
                 bool ends_stream);
  void send_interim(H2Stream& stream, const ResponseHead& head);
  // The next piece of the body, after the former has been framed. Its memory, and the trailers',
  // must stay until then.
  void send(H2Stream& stream, Chunk chunk, const HeaderMap* trailers);
  void reset(H2Stream& stream, H2Error error);
  // The request breaks RFC 9113: counted, reset.
  void malformed(H2Stream& stream, Code code);
  // Gives the client credit for bytes that have been read.
  void consumed(H2Stream& stream, size_t bytes);
  // Bytes the client allows us to send on the stream now; at most 0: it has to wait.
  int32_t window(const H2Stream& stream) const;
  // The owner is done with the stream: its object goes. What was not read is given back to the
  // connection.
  void forget(H2Stream& stream);

  // Says that no new streams are welcome, while those under way may still arrive (RFC 9113 §6.8).
  void announce_shutdown();
  // No new streams from now on; open ones go on.
  void go_away(H2Error error);
  // Only GOAWAY is still sent.
  void terminate(H2Error error);

  // A head (or the preface) has begun and is not complete.
  bool is_in_head() const { return walk_.is_in_head(); }
  // WINDOW_UPDATE or SETTINGS came since the last call.
  bool take_window_news() { return std::exchange(has_window_news_, false); }

  // For h2_callbacks.cc: what nghttp2 found in the input,
  bool has_reset(int32_t id) const;
  void note_reset(int32_t id) { reset_ids_[next_reset_++ % kResetIds] = id; }
  void begin_head(int32_t id);
  void begin_trailers(H2Stream& stream);
  void add_field(H2Stream* stream, std::string_view name, std::string_view value);
  void end_block(int32_t id, bool ends_stream);
  void received_data(H2Stream* stream, std::string_view bytes);
  void data_frame(int32_t id, size_t bytes, bool ends_stream);
  void settings_frame(bool is_ack);
  void ping_frame(bool is_ack, std::string_view opaque);
  void window_frame(int32_t increment);
  void odd_frame(uint32_t points);
  void charge_reset();
  void earn(size_t bytes) { glitches_.earn(bytes); }
  void earn_sent(size_t bytes) {
    if (is_piece_whole_) return glitches_.earn_whole(bytes);
    glitches_.earn(bytes);
  }
  void closed(H2Stream& stream, uint32_t code);
  bool has_ended() const { return is_ended_; }
  // … and what it does with the output.
  struct Piece {
    size_t bytes = 0;
    bool is_last = false;
    bool has_trailers = false;
  };
  Piece next_piece(H2Stream& stream, size_t room);
  bool has_room(size_t bytes) const { return output_->room() >= bytes; }
  bool has_piece(const H2Stream& stream, size_t bytes) const;
  void write_piece(H2Stream& stream, std::string_view header, size_t bytes);
  void sent_end(int32_t id);
  void sent_go_away(uint32_t code);

 private:
  void fatal(Code code, H2Error error);
  void judge(GlitchMeter::Verdict verdict);
  void charge_head(H2Stream& stream, size_t bytes);
  void end_head(H2Stream& stream, bool ends_stream);
  void end_trailers(H2Stream& stream, bool ends_stream);
  void received_end(H2Stream& stream);
  void set_priority(H2Stream& stream);
  void submit_settings();
  void receive(std::string_view bytes);
  void frame_begins(const H2FrameWalk::Header& frame);
  bool is_unasked(const H2FrameWalk::Header& frame) const;

  H2Events& events_;
  H2Limits limits_;
  nghttp2_session* session_ = nullptr;
  H2FrameWalk walk_;
  io::TimePoint now_{};
  TokenBucket resets_;
  GlitchMeter glitches_;
  size_t head_bytes_ = 0;       // charged, of all streams
  H2Output* output_ = nullptr;  // while pulling
  int32_t last_id_ = 0;         // the highest that the client has used
  // Streams that we have reset lately: what was under way to them is no fault.
  static constexpr size_t kResetIds = 256;
  std::array<int32_t, kResetIds> reset_ids_{};
  size_t next_reset_ = 0;
  bool is_ended_ = false;    // fatal: only what is queued goes out
  bool is_broken_ = false;   // nghttp2 cannot go on
  bool is_leaving_ = false;  // go_away() was called
  bool has_window_news_ = false;
  bool is_piece_whole_ = false;  // the DATA frame just written ended its chunk
};

}  // namespace fairlead::http
