// The half of H2Session that is about single streams: heads, bodies, resets.
#include "http/ascii.h"
#include "http/codec/h1_scan.h"
#include "http/codec/h2_callbacks.h"
#include "http/codec/h2_fields.h"

namespace fairlead::http {
namespace {

std::string_view status_text(unsigned status, char (&text)[3]) {
  text[0] = static_cast<char>('0' + status / 100 % 10);
  text[1] = static_cast<char>('0' + status / 10 % 10);
  text[2] = static_cast<char>('0' + status % 10);
  return {text, 3};
}

Error reset_by_client() { return {Code::reset, Side::client, Stage::body}; }

}  // namespace

void H2Session::begin_head(int32_t id) {
  last_id_ = id;
  H2Stream* stream = is_ended_ ? nullptr : events_.open(id);
  if (stream == nullptr) {
    note_reset(id);
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  nghttp2_session_set_stream_user_data(session_, id, stream);
}

void H2Session::begin_trailers(H2Stream& stream) {
  if (stream.trailer_block_ != nullptr) return;
  stream.trailer_block_ = stream.arena_.make<H2HeaderBlock>(H2HeaderBlock::Kind::trailers, limits_);
}

void H2Session::charge_head(H2Stream& stream, size_t bytes) {
  stream.charged_bytes_ += bytes;
  head_bytes_ += bytes;
  if (head_bytes_ <= limits_.connection_head_bytes) return;
  H2HeaderBlock& block = stream.is_head_done_ ? *stream.trailer_block_ : stream.block_;
  block.refuse(Code::h2_header_memory);
}

void H2Session::add_field(H2Stream* stream, std::string_view name, std::string_view value) {
  if (stream == nullptr) return;
  bool is_trailer = stream->is_head_done_;
  H2HeaderBlock& block = is_trailer ? *stream->trailer_block_ : stream->block_;
  size_t before = block.charged_bytes();
  bool was_kept = block.fault() == Code::ok;
  block.add(name, value, is_trailer ? stream->trailers_ : stream->head_.headers);
  if (was_kept) charge_head(*stream, block.charged_bytes() - before);
  if (block.is_flood()) fatal(Code::h2_header_flood, H2Error::enhance_your_calm);
}

void H2Session::end_block(int32_t id, bool ends_stream) {
  H2Stream* stream = H2Callbacks::stream_of(session_, id);
  if (stream == nullptr || is_ended_) return;
  if (stream->is_head_done_) {
    end_trailers(*stream, ends_stream);
  } else {
    end_head(*stream, ends_stream);
  }
}

void H2Session::end_head(H2Stream& stream, bool ends_stream) {
  stream.is_head_done_ = true;
  Code fault = stream.block_.finish(stream.head_, ends_stream);
  if (fault == Code::h2_header_memory) {
    // The client may try it again, on another connection.
    reset(stream, H2Error::refused_stream);
    events_.on_refused({fault, Side::client, Stage::head});
    return go_away(H2Error::enhance_your_calm);
  }
  if (is_malformed(fault)) return malformed(stream, fault);
  stream.has_request_ended_ = ends_stream;
  set_priority(stream);
  events_.on_head(stream, fault);
}

void H2Session::end_trailers(H2Stream& stream, bool ends_stream) {
  if (stream.trailer_block_ == nullptr) return;
  // RFC 9113 §8.1: trailers end the stream.
  if (!ends_stream) return malformed(stream, Code::bad_trailer);
  Code fault = stream.trailer_block_->fault();
  if (fault != Code::ok) return malformed(stream, fault);
  received_end(stream);
}

void H2Session::malformed(H2Stream& stream, Code code) {
  if (stream.failure_.code != Code::ok) return;
  stream.failure_ = {code, Side::client, stream.is_head_done_ ? Stage::body : Stage::head};
  events_.on_refused(stream.failure_);
  reset(stream, H2Error::protocol_error);
  charge_reset();
  events_.on_received(stream);
}

void H2Session::set_priority(H2Stream& stream) {
  StreamPriority wish = read_priority(stream.block_.priority());
  nghttp2_extpri priority{wish.urgency, wish.is_incremental ? 1 : 0};
  nghttp2_session_change_extpri_stream_priority(session_, stream.id_, &priority, 0);
}

void H2Session::received_data(H2Stream* stream, std::string_view bytes) {
  bool is_wanted = stream != nullptr && stream->failure_.code == Code::ok;
  if (is_wanted) {
    stream->received_bytes_ += bytes.size();
    if (stream->promised_bytes_ >= 0 &&
        stream->received_bytes_ > static_cast<uint64_t>(stream->promised_bytes_)) {
      malformed(*stream, Code::bad_content_length);
      is_wanted = false;
    }
  }
  if (!is_wanted) {
    nghttp2_session_consume_connection(session_, bytes.size());
    return;
  }
  size_t expected = 0;
  if (stream->promised_bytes_ >= 0) {
    expected =
        static_cast<size_t>(stream->promised_bytes_) - stream->received_bytes_ + bytes.size();
  }
  stream->received_.push(bytes, expected);
  events_.on_received(*stream);
}

void H2Session::data_frame(int32_t id, size_t bytes, bool ends_stream) {
  if (bytes == 0 && !ends_stream) odd_frame(kEmptyDataGlitch);
  if (bytes != 0) earn(bytes);
  H2Stream* stream = H2Callbacks::stream_of(session_, id);
  if (stream != nullptr && ends_stream) received_end(*stream);
}

void H2Session::received_end(H2Stream& stream) {
  if (stream.failure_.code != Code::ok) return;
  if (stream.promised_bytes_ >= 0 &&
      stream.received_bytes_ != static_cast<uint64_t>(stream.promised_bytes_)) {
    return malformed(stream, Code::bad_content_length);
  }
  stream.has_request_ended_ = true;
  events_.on_received(stream);
}

void H2Session::closed(H2Stream& stream, uint32_t code) {
  stream.is_closed_ = true;
  // nghttp2 may keep closed streams for a while; our object will be gone.
  nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
  bool is_complete = stream.has_response_ended_ && code == NGHTTP2_NO_ERROR;
  if (!is_complete && stream.failure_.code == Code::ok) stream.failure_ = reset_by_client();
  events_.on_close(stream);
}

void H2Session::send_head(H2Stream& stream, unsigned status, std::span<const Field> fields,
                          bool ends_stream) {
  if (stream.is_closed_ || is_ended_) return;
  nghttp2_nv* pairs = take_pairs(stream.arena_, fields.size() + 1);
  char text[3];
  pairs[0] = pair_of(":status", status_text(status, text));
  size_t count = 1 + write_fields(fields, stream.arena_, pairs + 1);
  nghttp2_data_provider body = H2Callbacks::body_source();
  nghttp2_submit_response(session_, stream.id_, pairs, count, ends_stream ? nullptr : &body);
}

void H2Session::send_interim(H2Stream& stream, const ResponseHead& head) {
  if (stream.is_closed_ || is_ended_) return;
  nghttp2_nv* pairs = take_pairs(stream.arena_, head.headers.size() + 1);
  char status[3];
  pairs[0] = pair_of(":status", status_text(head.status, status));
  size_t count = 1 + write_fields(head.headers.fields(), stream.arena_, pairs + 1);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, pairs, count, nullptr);
}

void H2Session::send(H2Stream& stream, Chunk chunk, const HeaderMap* trailers) {
  if (stream.is_closed_ || is_ended_) return;
  stream.sends_end_ = chunk.is_last();
  stream.sending_ = std::move(chunk);
  stream.sending_offset_ = 0;
  stream.sending_trailers_ = trailers != nullptr && !trailers->empty() ? trailers : nullptr;
  nghttp2_session_resume_data(session_, stream.id_);
}

H2Session::Piece H2Session::next_piece(H2Stream& stream, size_t room) {
  size_t left = stream.sending_.bytes().size() - stream.sending_offset_;
  Piece piece;
  piece.bytes = std::min(left, room);
  piece.is_last = stream.sends_end_ && piece.bytes == left;
  piece.has_trailers = piece.is_last && stream.sending_trailers_ != nullptr;
  if (piece.has_trailers) {
    const HeaderMap& trailers = *stream.sending_trailers_;
    nghttp2_nv* pairs = take_pairs(stream.arena_, trailers.size());
    size_t count = write_fields(trailers.fields(), stream.arena_, pairs);
    piece.has_trailers = nghttp2_submit_trailer(session_, stream.id_, pairs, count) == 0;
  }
  return piece;
}

bool H2Session::has_piece(const H2Stream& stream, size_t bytes) const {
  return stream.is_sending() && stream.sending_.bytes().size() - stream.sending_offset_ >= bytes;
}

void H2Session::write_piece(H2Stream& stream, std::string_view header, size_t bytes) {
  output_->append(header);
  output_->append(stream.sending_.bytes().substr(stream.sending_offset_, bytes));
  stream.sending_offset_ += bytes;
  stream.sent_bytes_ += bytes;
  is_piece_whole_ = stream.sending_offset_ == stream.sending_.bytes().size();
  if (!is_piece_whole_) return;
  stream.sending_ = Chunk();
  stream.sending_offset_ = 0;
  stream.sends_end_ = false;
  events_.on_sent(stream);
}

void H2Session::sent_end(int32_t id) {
  H2Stream* stream = H2Callbacks::stream_of(session_, id);
  if (stream == nullptr) return;
  stream->has_response_ended_ = true;
  events_.on_sent(*stream);
}

void H2Session::reset(H2Stream& stream, H2Error error) {
  stream.sending_ = Chunk();
  stream.sending_offset_ = 0;
  stream.sends_end_ = false;
  if (stream.failure_.code == Code::ok)
    stream.failure_ = {Code::cancelled, Side::self, Stage::body};
  if (stream.is_closed_ || is_ended_) return;
  note_reset(stream.id_);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, static_cast<uint32_t>(error));
}

void H2Session::consumed(H2Stream& stream, size_t bytes) {
  if (stream.is_closed_ || stream.has_request_ended_) {
    nghttp2_session_consume_connection(session_, bytes);
  } else {
    nghttp2_session_consume(session_, stream.id_, bytes);
  }
}

int32_t H2Session::window(const H2Stream& stream) const {
  return std::min(nghttp2_session_get_stream_remote_window_size(session_, stream.id_),
                  nghttp2_session_get_remote_window_size(session_));
}

void H2Session::forget(H2Stream& stream) {
  if (!stream.is_closed_) nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
  nghttp2_session_consume_connection(session_, stream.received_.bytes());
  stream.received_.clear();
  head_bytes_ -= stream.charged_bytes_;
}

}  // namespace fairlead::http
