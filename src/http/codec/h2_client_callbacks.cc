#include "http/codec/h2_client_callbacks.h"

#include "base/check.h"

namespace fairlead::http {
namespace {

constexpr size_t kFrameHeaderBytes = 9;

std::string_view text_of(const uint8_t* bytes, size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

bool has_flag(const nghttp2_frame_hd& header, uint8_t flag) { return (header.flags & flag) != 0; }

}  // namespace

H2Call* H2ClientCallbacks::call_of(nghttp2_session* session, int32_t id) {
  return static_cast<H2Call*>(nghttp2_session_get_stream_user_data(session, id));
}

int H2ClientCallbacks::begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                     void* user) {
  H2ClientSession& session_of = self(user);
  session_of.block_fields_ = 0;
  session_of.block_bytes_ = 0;
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  // Interim and final heads until there is a final one; then trailers (RFC 9113 §8.1).
  if (H2Call* call = call_of(session, frame->hd.stream_id))
    session_of.begin_block(*call, !call->has_final_head_);
  return 0;
}

int H2ClientCallbacks::header(nghttp2_session* session, const nghttp2_frame* frame,
                              const uint8_t* name, size_t name_bytes, const uint8_t* value,
                              size_t value_bytes, uint8_t, void* user) {
  H2ClientSession& session_of = self(user);
  session_of.add_field(call_of(session, frame->hd.stream_id), text_of(name, name_bytes),
                       text_of(value, value_bytes));
  return session_of.is_ended_ ? NGHTTP2_ERR_PAUSE : 0;
}

int H2ClientCallbacks::invalid_header(nghttp2_session*, const nghttp2_frame*, const uint8_t*,
                                      size_t, const uint8_t*, size_t, uint8_t, void*) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // malformed: the stream is reset
}

int H2ClientCallbacks::frame_received(nghttp2_session* session, const nghttp2_frame* frame,
                                      void* user) {
  H2ClientSession& session_of = self(user);
  const nghttp2_frame_hd& header = frame->hd;
  H2Call* call = header.stream_id != 0 ? call_of(session, header.stream_id) : nullptr;
  bool is_ack = has_flag(header, NGHTTP2_FLAG_ACK);
  switch (header.type) {
    case NGHTTP2_DATA:
      if (header.length == frame->data.padlen && !has_flag(header, NGHTTP2_FLAG_END_STREAM)) {
        session_of.judge(session_of.glitches_.charge(kEmptyDataGlitch, session_of.now_));
      }
      session_of.glitches_.earn(header.length);
      if (call != nullptr && has_flag(header, NGHTTP2_FLAG_END_STREAM))
        session_of.received_end(*call);
      return 0;
    case NGHTTP2_HEADERS:
      if (call != nullptr) session_of.end_block(*call, has_flag(header, NGHTTP2_FLAG_END_STREAM));
      return 0;
    case NGHTTP2_RST_STREAM:
      if (call != nullptr) call->was_reset_by_upstream_ = true;
      return 0;
    case NGHTTP2_SETTINGS:
      if (!is_ack) session_of.judge(session_of.glitches_.charge(kSettingsGlitch, session_of.now_));
      session_of.events_.on_window();
      return 0;
    case NGHTTP2_PING:
      if (is_ack) session_of.events_.on_pong();
      session_of.judge(session_of.glitches_.charge_paced(session_of.now_));
      return 0;
    case NGHTTP2_WINDOW_UPDATE:
      session_of.judge(session_of.glitches_.charge_paced(session_of.now_));
      session_of.events_.on_window();
      return 0;
    case NGHTTP2_GOAWAY:
      session_of.events_.on_go_away();
      return 0;
    default:
      return 0;
  }
}

int H2ClientCallbacks::data_chunk(nghttp2_session* session, uint8_t, int32_t id,
                                  const uint8_t* bytes, size_t count, void* user) {
  self(user).received_data(call_of(session, id), text_of(bytes, count));
  return 0;
}

int H2ClientCallbacks::stream_closed(nghttp2_session* session, int32_t id, uint32_t code,
                                     void* user) {
  if (H2Call* call = call_of(session, id)) self(user).stream_closed(*call, code);
  return 0;
}

int H2ClientCallbacks::frame_sent(nghttp2_session* session, const nghttp2_frame* frame,
                                  void* user) {
  bool is_message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  H2Call* call = is_message ? call_of(session, frame->hd.stream_id) : nullptr;
  if (frame->hd.type == NGHTTP2_DATA) {
    GlitchMeter& glitches = self(user).glitches_;
    if (self(user).is_piece_whole_) {
      glitches.earn_whole(frame->hd.length);
    } else {
      glitches.earn(frame->hd.length);
    }
  }
  if (call == nullptr) return 0;
  call->is_framed_ = true;
  if (!has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM)) return 0;
  call->has_request_ended_ = true;
  self(user).events_.on_sent(*call);
  return 0;
}

int H2ClientCallbacks::frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int,
                                      void* user) {
  if (frame->hd.type == NGHTTP2_HEADERS) self(user).not_sent(frame->hd.stream_id);
  return 0;
}

ssize_t H2ClientCallbacks::read_body(nghttp2_session* session, int32_t id, uint8_t*, size_t room,
                                     uint32_t* flags, nghttp2_data_source*, void* user) {
  H2Call* call = call_of(session, id);
  if (call == nullptr) return NGHTTP2_ERR_DEFERRED;
  H2ClientSession::Piece piece = self(user).next_piece(*call, room);
  if (piece.bytes == 0 && !piece.is_last) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (piece.is_last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (piece.has_trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return static_cast<ssize_t>(piece.bytes);
}

int H2ClientCallbacks::send_data(nghttp2_session* session, nghttp2_frame* frame,
                                 const uint8_t* header, size_t bytes, nghttp2_data_source*,
                                 void* user) {
  H2ClientSession& session_of = self(user);
  // One call of nghttp2 may write many frames: it is we who say when the block is full.
  if (session_of.output_->room() < kFrameHeaderBytes + bytes) return NGHTTP2_ERR_WOULDBLOCK;
  H2Call* call = call_of(session, frame->hd.stream_id);
  bool is_written =
      call != nullptr && session_of.write_piece(*call, text_of(header, kFrameHeaderBytes), bytes);
  return is_written ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // given up since it was announced
}

const nghttp2_session_callbacks* H2ClientCallbacks::table() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    FAIRLEAD_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frame_not_sent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    return callbacks;
  }();
  return made;
}

nghttp2_data_provider H2ClientCallbacks::body_source() {
  nghttp2_data_provider provider{};
  provider.read_callback = read_body;
  return provider;
}

}  // namespace fairlead::http
