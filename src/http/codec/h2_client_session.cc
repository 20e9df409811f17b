#include "http/codec/h2_client_session.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "http/ascii.h"
#include "http/codec/h1_scan.h"
#include "http/codec/h2_client_callbacks.h"
#include "http/codec/h2_fields.h"
#include "http/codec/h2_memory.h"

namespace fairlead::http {
namespace {

constexpr unsigned kMaxInterims = 8;
// A request's head may be as large as a client's may be (maxHeaderBytes).
constexpr size_t kMaxHeadBytes = 2u << 20;

// Characters that may not stand in a target are percent-encoded; a middleware may have put them
// there.
std::string_view clean_target(std::string_view target, Arena& arena) {
  if (h1::skip_target(target.data(), target.data() + target.size()) ==
      target.data() + target.size())
    return target;
  constexpr char kDigits[] = "0123456789ABCDEF";
  char* out = arena.take_chars(target.size() * 3);
  size_t size = 0;
  for (const char& c : target) {
    if (h1::skip_target(&c, &c + 1) == &c + 1) {
      out[size++] = c;
      continue;
    }
    out[size++] = '%';
    out[size++] = kDigits[static_cast<uint8_t>(c) >> 4];
    out[size++] = kDigits[static_cast<uint8_t>(c) & 15];
  }
  return {out, size};
}

std::string_view target_of(const RequestHead& head, Arena& arena) {
  std::string_view path = head.path.empty() ? "/" : head.path;
  if (!head.has_query) return clean_target(path, arena);
  return clean_target(arena.join(path, "?", head.query), arena);
}

Error of_upstream(Code code, Retry retry = Retry::never) {
  return {code, Side::upstream, Stage::response_head, retry, 0};
}

}  // namespace

ResponseHead& H2Call::take_head() {
  Head* head = first_head_;
  first_head_ = head->next;
  if (first_head_ == nullptr) last_head_ = nullptr;
  return head->head;
}

H2Limits H2ClientSession::usual_limits() {
  H2Limits limits;
  limits.stream_window = 256 * 1024;
  limits.connection_window = limits.max_concurrent_streams * limits.stream_window;
  limits.fields = 256;
  limits.head_bytes = 128 * 1024;
  limits.field_bytes = 64 * 1024;
  return limits;
}

H2ClientSession::H2ClientSession(H2ClientEvents& events, const H2Limits& limits)
    : events_(events), limits_(limits), glitches_(limits) {
  nghttp2_option* option = nullptr;
  FAIRLEAD_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_max_outbound_ack(option, limits.queued_acks);
  nghttp2_option_set_max_continuations(option, limits.continuations);
  nghttp2_option_set_max_deflate_dynamic_table_size(option, limits.encoder_table_bytes);
  nghttp2_option_set_max_send_header_block_length(option, kMaxHeadBytes);
  // Blanks around a value are trimmed, as in HTTP/1.1.
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
  nghttp2_option_set_peer_max_concurrent_streams(option, limits.max_concurrent_streams);
  FAIRLEAD_CHECK(nghttp2_session_client_new3(&session_, H2ClientCallbacks::table(), this, option,
                                             pooled_memory()) == 0);
  nghttp2_option_del(option);
  submit_settings();
}

H2ClientSession::~H2ClientSession() { nghttp2_session_del(session_); }

void H2ClientSession::submit_settings() {
  const nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.head_bytes},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits_.decoder_table_bytes},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries, std::size(entries));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<int32_t>(limits_.connection_window));
}

void H2ClientSession::feed(std::string_view bytes, io::TimePoint now) {
  now_ = now;
  if (is_ended_) return;
  ssize_t taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()),
                                           bytes.size());
  if (taken < 0) {
    is_broken_ = taken == NGHTTP2_ERR_NOMEM;
    bool is_flood = taken == NGHTTP2_ERR_FLOODED;
    fatal(is_flood ? Code::h2_control_flood : Code::h2_protocol_error, H2Error::protocol_error);
  } else if (nghttp2_session_get_outbound_queue_size(session_) >
             limits_.queued_frames + limits_.max_concurrent_streams) {
    fatal(Code::h2_control_flood, H2Error::enhance_your_calm);
  }
}

void H2ClientSession::pull(H2Output& output, io::TimePoint now) {
  now_ = now;
  output_ = &output;
  while (output.has_room() && wants_write()) {
    const uint8_t* frame = nullptr;
    ssize_t bytes = nghttp2_session_mem_send(session_, &frame);
    if (bytes < 0) is_broken_ = is_ended_ = true;
    if (bytes <= 0) break;
    output.append({reinterpret_cast<const char*>(frame), static_cast<size_t>(bytes)});
  }
  output_ = nullptr;
}

bool H2ClientSession::wants_write() const {
  return !is_broken_ && nghttp2_session_want_write(session_) != 0;
}

bool H2ClientSession::is_over() const {
  if (wants_write()) return false;
  return is_broken_ || is_ended_ || nghttp2_session_want_read(session_) == 0;
}

void H2ClientSession::fatal(Code code, H2Error error) {
  if (is_ended_) return;
  is_ended_ = true;
  fault_ = code;
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(error));
}

void H2ClientSession::terminate(H2Error error) {
  if (is_ended_) return;
  is_ended_ = true;
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(error));
}

void H2ClientSession::judge(GlitchMeter::Verdict verdict) {
  if (verdict == GlitchMeter::Verdict::close) fatal(Code::h2_glitches, H2Error::enhance_your_calm);
}

size_t H2ClientSession::max_streams() const {
  uint32_t theirs =
      nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return std::min(theirs, limits_.max_concurrent_streams);
}

bool H2ClientSession::open(H2Call& call, const RequestHead& head, std::span<const Field> fields,
                           std::string_view host, std::string_view scheme, bool ends_stream) {
  if (is_ended_) return false;
  Arena& arena = call.arena_;
  nghttp2_nv* pairs = take_pairs(arena, fields.size() + 5);
  size_t count = 0;
  pairs[count++] = pair_of(":method", head.method_text);
  pairs[count++] = pair_of(":scheme", scheme);
  pairs[count++] = pair_of(":authority", host);
  pairs[count++] = pair_of(":path", target_of(head, arena));
  count += write_fields(fields, arena, pairs + count);
  // We pass trailers on, whatever the client's connection says about itself; gRPC servers ask.
  pairs[count++] = pair_of("te", "trailers");
  nghttp2_data_provider body = H2ClientCallbacks::body_source();
  call.id_ =
      nghttp2_submit_request(session_, nullptr, pairs, count, ends_stream ? nullptr : &body, &call);
  if (call.id_ < 0) return false;
  calls_.push_back(call);
  return true;
}

void H2ClientSession::send(H2Call& call, Chunk chunk, const HeaderMap* trailers) {
  if (call.is_closed_ || is_ended_) return;
  call.sends_end_ = chunk.is_last();
  call.sending_ = std::move(chunk);
  call.sending_offset_ = 0;
  call.sending_trailers_ = trailers != nullptr && !trailers->empty() ? trailers : nullptr;
  nghttp2_session_resume_data(session_, call.id_);
}

H2ClientSession::Piece H2ClientSession::next_piece(H2Call& call, size_t room) {
  size_t left = call.sending_.bytes().size() - call.sending_offset_;
  Piece piece;
  piece.bytes = std::min(left, room);
  piece.is_last = call.sends_end_ && piece.bytes == left;
  piece.has_trailers = piece.is_last && call.sending_trailers_ != nullptr;
  if (piece.has_trailers) {
    const HeaderMap& trailers = *call.sending_trailers_;
    nghttp2_nv* pairs = take_pairs(call.arena_, trailers.size());
    size_t count = write_fields(trailers.fields(), call.arena_, pairs);
    piece.has_trailers = nghttp2_submit_trailer(session_, call.id_, pairs, count) == 0;
  }
  return piece;
}

bool H2ClientSession::write_piece(H2Call& call, std::string_view header, size_t bytes) {
  bool is_there = call.is_sending() && call.sending_.bytes().size() - call.sending_offset_ >= bytes;
  if (!is_there) return false;
  output_->append(header);
  output_->append(call.sending_.bytes().substr(call.sending_offset_, bytes));
  call.sending_offset_ += bytes;
  is_piece_whole_ = call.sending_offset_ == call.sending_.bytes().size();
  if (!is_piece_whole_) return true;
  call.sending_ = Chunk();
  call.sending_offset_ = 0;
  call.sends_end_ = false;
  events_.on_sent(call);
  return true;
}

void H2ClientSession::reset(H2Call& call, H2Error error) {
  call.sending_ = Chunk();
  call.sending_offset_ = 0;
  call.sends_end_ = false;
  if (call.failure_.code == Code::ok) call.failure_ = {Code::cancelled, Side::self, Stage::body};
  if (call.is_closed_ || is_ended_ || call.id_ < 0) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.id_, static_cast<uint32_t>(error));
}

void H2ClientSession::consumed(H2Call& call, size_t bytes) {
  if (call.is_closed_ || call.has_response_ended_) {
    nghttp2_session_consume_connection(session_, bytes);
  } else {
    nghttp2_session_consume(session_, call.id_, bytes);
  }
}

int32_t H2ClientSession::window(const H2Call& call) const {
  if (!call.is_framed_) return 1;
  return std::min(nghttp2_session_get_stream_remote_window_size(session_, call.id_),
                  nghttp2_session_get_remote_window_size(session_));
}

void H2ClientSession::forget(H2Call& call) {
  call.unlink();
  if (!call.is_closed_ && call.id_ >= 0)
    nghttp2_session_set_stream_user_data(session_, call.id_, nullptr);
  nghttp2_session_consume_connection(session_, call.received_.bytes());
  call.received_.clear();
}

void H2ClientSession::ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void H2ClientSession::begin_block(H2Call& call, bool is_response) {
  call.is_silent_ = false;
  call.block_fault_ = Code::ok;
  call.building_ = is_response ? call.arena_.make<H2Call::Head>(call.arena_) : nullptr;
}

Code H2ClientSession::check_field(std::string_view name, std::string_view value) {
  ++block_fields_;
  block_bytes_ += name.size() + value.size() + kFieldCharge;
  // Fields nobody keeps cost work all the same (HPACK bombs).
  bool is_flood = block_fields_ > limits_.fields * kFloodFactor ||
                  block_bytes_ > size_t{limits_.head_bytes} * kFloodFactor;
  if (is_flood) fatal(Code::h2_header_flood, H2Error::enhance_your_calm);
  if (name.size() + value.size() > limits_.field_bytes || block_bytes_ > limits_.head_bytes)
    return Code::head_too_large;
  return block_fields_ > limits_.fields ? Code::too_many_fields : Code::ok;
}

void H2ClientSession::add_field(H2Call* call, std::string_view name, std::string_view value) {
  Code limited = check_field(name, value);
  if (call == nullptr || call->block_fault_ != Code::ok) return;
  call->block_fault_ = limited;
  if (limited != Code::ok) return;
  value = trim_blanks(value);
  if (name == ":status") {
    unsigned status = 0;
    std::from_chars(value.data(), value.data() + value.size(), status);
    if (call->building_ != nullptr) call->building_->head.status = static_cast<uint16_t>(status);
    return;
  }
  if (name.starts_with(':')) return;
  Arena& arena = call->arena_;
  FieldId id = field_id(name);
  HeaderMap& into = call->building_ != nullptr ? call->building_->head.headers : call->trailers_;
  into.add(Field{id == FieldId::other ? arena.copy(name) : field_name(id), arena.copy(value), id});
}

void H2ClientSession::end_block(H2Call& call, bool ends_stream) {
  if (call.failure_.code != Code::ok || is_ended_) return;
  H2Call::Head* head = std::exchange(call.building_, nullptr);
  Code fault = call.block_fault_;
  bool is_interim = head != nullptr && head->head.status < 200;
  if (is_interim && ++call.interims_ > kMaxInterims) fault = Code::too_many_interim;
  if (fault != Code::ok) {
    fail(call, of_upstream(fault));
    return reset(call, H2Error::cancel);
  }
  if (head != nullptr) {
    head->head.version = Version::http2;
    if (call.last_head_ != nullptr) call.last_head_->next = head;
    if (call.first_head_ == nullptr) call.first_head_ = head;
    call.last_head_ = head;
    call.has_final_head_ = !is_interim;
    call.is_bodiless_ = ends_stream;
  }
  if (ends_stream) return received_end(call);
  events_.on_received(call);
}

void H2ClientSession::received_data(H2Call* call, std::string_view bytes) {
  if (call == nullptr || call->failure_.code != Code::ok) {
    nghttp2_session_consume_connection(session_, bytes.size());
    return;
  }
  call->received_.push(bytes);
  events_.on_received(*call);
}

void H2ClientSession::received_end(H2Call& call) {
  if (call.failure_.code != Code::ok) return;
  call.has_response_ended_ = true;
  events_.on_received(call);
}

void H2ClientSession::stream_closed(H2Call& call, uint32_t code) {
  call.is_closed_ = true;
  // nghttp2 may keep closed streams for a while; our object will be gone.
  nghttp2_session_set_stream_user_data(session_, call.id_, nullptr);
  if (call.has_response_ended_) {
    // An upstream may answer without reading all of the request, and say so (RFC 9113 §8.1).
    events_.on_received(call);
    return;
  }
  Code why = call.was_reset_by_upstream_ ? Code::h2_stream_reset : Code::h2_protocol_error;
  Retry retry = call.is_silent_ ? Retry::if_idempotent : Retry::never;
  // Refused before any work was done on it, by RST_STREAM or by being above GOAWAY's last stream
  // (RFC 9113 §8.7).
  if (code == NGHTTP2_REFUSED_STREAM && call.is_silent_) {
    why = Code::h2_stream_refused;
    retry = Retry::always;
  }
  fail(call, of_upstream(why, retry));
}

// The request never left: the connection has just been closed to new streams.
void H2ClientSession::not_sent(int32_t id) {
  calls_.for_each([&](H2Call& call) {
    if (call.id_ != id || call.is_framed_) return;
    call.is_closed_ = true;
    nghttp2_session_set_stream_user_data(session_, id, nullptr);
    fail(call, of_upstream(Code::h2_stream_refused, Retry::always));
  });
}

void H2ClientSession::fail(H2Call& call, Error error) {
  if (call.failure_.code == Code::ok && !call.has_response_ended_) call.failure_ = error;
  events_.on_received(call);
}

}  // namespace fairlead::http
