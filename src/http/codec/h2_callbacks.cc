#include "http/codec/h2_callbacks.h"

namespace fairlead::http {
namespace {

constexpr size_t kFrameHeaderBytes = 9;

H2Session& session_of(void* user) { return *static_cast<H2Session*>(user); }

std::string_view text_of(const uint8_t* bytes, size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

bool has_flag(const nghttp2_frame_hd& header, uint8_t flag) { return (header.flags & flag) != 0; }

// MadeYouReset (CVE-2025-8671): resets that a client provokes count like its own.
bool is_clients_fault(uint32_t code) {
  switch (code) {
    case NGHTTP2_PROTOCOL_ERROR:
    case NGHTTP2_FLOW_CONTROL_ERROR:
    case NGHTTP2_STREAM_CLOSED:
    case NGHTTP2_FRAME_SIZE_ERROR:
    case NGHTTP2_COMPRESSION_ERROR:
      return true;
    default:
      return false;
  }
}

int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  H2Session& self = session_of(user);
  H2Stream* stream = H2Callbacks::stream_of(session, frame->hd.stream_id);
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    self.begin_head(frame->hd.stream_id);
  } else if (stream != nullptr) {
    self.begin_trailers(*stream);
  }
  return 0;
}

int header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
           size_t name_bytes, const uint8_t* value, size_t value_bytes, uint8_t, void* user) {
  H2Session& self = session_of(user);
  H2Stream* stream = H2Callbacks::stream_of(session, frame->hd.stream_id);
  self.add_field(stream, text_of(name, name_bytes), text_of(value, value_bytes));
  return self.has_ended() ? NGHTTP2_ERR_PAUSE : 0;
}

int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Callbacks::on_frame(session_of(user), *frame);
  return 0;
}

int invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
  session_of(user).odd_frame(kInvalidFrameGlitch);
  return 0;
}

int data_chunk(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes, size_t count,
               void* user) {
  session_of(user).received_data(H2Callbacks::stream_of(session, id), text_of(bytes, count));
  return 0;
}

int stream_closed(nghttp2_session* session, int32_t id, uint32_t code, void* user) {
  if (H2Stream* stream = H2Callbacks::stream_of(session, id)) {
    session_of(user).closed(*stream, code);
  }
  return 0;
}

int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Callbacks::on_sent_frame(session_of(user), *frame);
  return 0;
}

ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t*, size_t room, uint32_t* flags,
                  nghttp2_data_source*, void* user) {
  H2Stream* stream = H2Callbacks::stream_of(session, id);
  if (stream == nullptr) return NGHTTP2_ERR_DEFERRED;
  H2Session::Piece piece = session_of(user).next_piece(*stream, room);
  if (piece.bytes == 0 && !piece.is_last) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (piece.is_last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (piece.has_trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return static_cast<ssize_t>(piece.bytes);
}

int send_data(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* header, size_t bytes,
              nghttp2_data_source*, void* user) {
  H2Stream* stream = H2Callbacks::stream_of(session, frame->hd.stream_id);
  H2Session& self = session_of(user);
  // One call of nghttp2 may write many frames: it is we who say when the block is full.
  if (!self.has_room(kFrameHeaderBytes + bytes)) return NGHTTP2_ERR_WOULDBLOCK;
  bool is_there = stream != nullptr && self.has_piece(*stream, bytes);
  if (!is_there) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // given up since it was announced
  self.write_piece(*stream, text_of(header, kFrameHeaderBytes), bytes);
  return 0;
}

}  // namespace

const nghttp2_session_callbacks* H2Callbacks::table() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    FAIRLEAD_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    return callbacks;
  }();
  return made;
}

nghttp2_data_provider H2Callbacks::body_source() {
  nghttp2_data_provider provider{};
  provider.read_callback = read_body;
  return provider;
}

H2Stream* H2Callbacks::stream_of(nghttp2_session* session, int32_t id) {
  return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

void H2Callbacks::on_frame(H2Session& self, const nghttp2_frame& frame) {
  const nghttp2_frame_hd& header = frame.hd;
  bool is_ack = has_flag(header, NGHTTP2_FLAG_ACK);
  bool ends_stream = has_flag(header, NGHTTP2_FLAG_END_STREAM);
  switch (header.type) {
    case NGHTTP2_DATA:
      return self.data_frame(header.stream_id, header.length - frame.data.padlen, ends_stream);
    case NGHTTP2_HEADERS:
      return self.end_block(header.stream_id, ends_stream);
    case NGHTTP2_RST_STREAM:
      return self.charge_reset();
    case NGHTTP2_SETTINGS:
      return self.settings_frame(is_ack);
    case NGHTTP2_PING:
      return self.ping_frame(is_ack, text_of(frame.ping.opaque_data, 8));
    case NGHTTP2_WINDOW_UPDATE:
      return self.window_frame(frame.window_update.window_size_increment);
    default:
      return;
  }
}

void H2Callbacks::on_sent_frame(H2Session& self, const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_DATA:
      self.earn_sent(frame.hd.length);
      [[fallthrough]];
    case NGHTTP2_HEADERS:
      if (has_flag(frame.hd, NGHTTP2_FLAG_END_STREAM)) self.sent_end(frame.hd.stream_id);
      return;
    case NGHTTP2_RST_STREAM:
      // Ours are counted where they are decided; these are nghttp2's own.
      if (!self.has_reset(frame.hd.stream_id) && is_clients_fault(frame.rst_stream.error_code)) {
        self.charge_reset();
      }
      self.note_reset(frame.hd.stream_id);
      if (frame.rst_stream.error_code == NGHTTP2_REFUSED_STREAM)
        self.odd_frame(kRefusedStreamGlitch);
      return;
    case NGHTTP2_GOAWAY:
      return self.sent_go_away(frame.goaway.error_code);
    default:
      return;
  }
}

}  // namespace fairlead::http
