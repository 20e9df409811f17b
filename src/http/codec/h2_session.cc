#include "http/codec/h2_session.h"

#include <algorithm>

#include "base/check.h"
#include "http/codec/h2_callbacks.h"
#include "http/codec/h2_memory.h"

namespace fairlead::http {
namespace {

constexpr std::string_view kShutdownPing = "shutdown";

Error clients(Code code, Stage stage = Stage::head) { return {code, Side::client, stage}; }

Code code_of_failure(ssize_t failure) {
  switch (failure) {
    case NGHTTP2_ERR_FLOODED:
      return Code::h2_control_flood;
#ifdef NGHTTP2_ERR_TOO_MANY_CONTINUATIONS
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return Code::h2_header_flood;
#endif
    default:
      return Code::h2_protocol_error;
  }
}

}  // namespace

H2Session::H2Session(H2Events& events, const H2Limits& limits)
    : events_(events),
      limits_(limits),
      resets_(limits.reset_burst, limits.resets_per_second),
      glitches_(limits) {
  nghttp2_option* option = nullptr;
  FAIRLEAD_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_http_messaging(option, 1);  // h2_headers.h judges
  nghttp2_option_set_max_outbound_ack(option, limits.queued_acks);
  nghttp2_option_set_max_continuations(option, limits.continuations);
  nghttp2_option_set_max_deflate_dynamic_table_size(option, limits.encoder_table_bytes);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
  // Why so high: our own bucket counts, and says why.
  nghttp2_option_set_stream_reset_rate_limit(option, 100'000, 100'000);
  FAIRLEAD_CHECK(nghttp2_session_server_new3(&session_, H2Callbacks::table(), this, option,
                                             pooled_memory()) == 0);
  nghttp2_option_del(option);
  submit_settings();
}

H2Session::~H2Session() { nghttp2_session_del(session_); }

void H2Session::submit_settings() {
  const nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.max_concurrent_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.head_bytes},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits_.decoder_table_bytes},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries, std::size(entries));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<int32_t>(limits_.connection_window));
}

void H2Session::feed(std::string_view bytes, io::TimePoint now) {
  now_ = now;
  while (!is_ended_ && !bytes.empty()) {
    bool is_new = false;
    size_t part = walk_.next(bytes, is_new);
    if (is_new) frame_begins(walk_.header());
    if (!is_ended_) receive(bytes.substr(0, part));
    bytes.remove_prefix(part);
  }
}

void H2Session::receive(std::string_view bytes) {
  ssize_t taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()),
                                           bytes.size());
  if (taken < 0) {
    bool is_no_client = taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC;
    is_broken_ = is_no_client || taken == NGHTTP2_ERR_NOMEM;
    fatal(code_of_failure(taken),
          is_no_client ? H2Error::protocol_error : H2Error::enhance_your_calm);
  } else if (nghttp2_session_get_outbound_queue_size(session_) > limits_.queued_frames) {
    fatal(Code::h2_control_flood, H2Error::enhance_your_calm);
  }
}

void H2Session::pull(H2Output& output, io::TimePoint now) {
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

bool H2Session::wants_write() const {
  return !is_broken_ && nghttp2_session_want_write(session_) != 0;
}

bool H2Session::is_over() const {
  if (wants_write()) return false;
  return is_broken_ || is_ended_ || nghttp2_session_want_read(session_) == 0;
}

void H2Session::fatal(Code code, H2Error error) {
  if (is_ended_) return;
  is_ended_ = true;
  events_.on_refused(clients(code));
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(error));
}

void H2Session::judge(GlitchMeter::Verdict verdict) {
  if (verdict == GlitchMeter::Verdict::fine || is_ended_) return;
  if (verdict == GlitchMeter::Verdict::close) {
    return fatal(Code::h2_glitches, H2Error::enhance_your_calm);
  }
  if (is_leaving_) return;
  events_.on_refused(clients(Code::h2_glitches));
  go_away(H2Error::enhance_your_calm);
}

void H2Session::charge_reset() {
  if (!resets_.take(1, now_)) fatal(Code::h2_rapid_reset, H2Error::enhance_your_calm);
}

void H2Session::odd_frame(uint32_t points) { judge(glitches_.charge(points, now_)); }

void H2Session::settings_frame(bool is_ack) {
  odd_frame(is_ack ? kOddFrameGlitch : kSettingsGlitch);
  has_window_news_ = true;
}

void H2Session::ping_frame(bool is_ack, std::string_view opaque) {
  if (!is_ack) return judge(glitches_.charge_paced(now_));
  if (opaque == kShutdownPing) return events_.on_notice_seen();
  odd_frame(kOddFrameGlitch);
}

void H2Session::window_frame(int32_t increment) {
  has_window_news_ = true;
  judge(glitches_.charge_paced(now_));
  // A small one costs twice. Not more: credit is returned in the sizes of our own DATA frames, of
  // which some are small.
  if (static_cast<uint32_t>(increment) < kSmallWindowUpdate) judge(glitches_.charge_paced(now_));
}

// A head or a body for a stream that the client itself has ended (RFC 9113 §5.1), or skipped
// (§5.1.1). nghttp2 would ignore them.
bool H2Session::is_unasked(const H2FrameWalk::Header& frame) const {
  if (frame.type != NGHTTP2_HEADERS && frame.type != NGHTTP2_DATA) return false;
  if (frame.id > last_id_ || frame.id % 2 == 0) return false;
  if (H2Callbacks::stream_of(session_, frame.id) != nullptr) return false;
  return !has_reset(frame.id);
}

bool H2Session::has_reset(int32_t id) const {
  return std::ranges::find(reset_ids_, id) != reset_ids_.end();
}

void H2Session::frame_begins(const H2FrameWalk::Header& frame) {
  if (is_unasked(frame)) return fatal(Code::h2_protocol_error, H2Error::stream_closed);
  if (frame.type > NGHTTP2_CONTINUATION) return odd_frame(kOddFrameGlitch);
  if (frame.type != NGHTTP2_PRIORITY) return;
  // Priorities are RFC 9218's; of the old ones only the faults matter.
  if (frame.id == 0 || frame.id == frame.depends_on) {
    return fatal(Code::h2_protocol_error, H2Error::protocol_error);
  }
  odd_frame(kOddFrameGlitch);
}

void H2Session::announce_shutdown() {
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE,
                      reinterpret_cast<const uint8_t*>(kShutdownPing.data()));
}

void H2Session::go_away(H2Error error) {
  if (is_leaving_ || is_ended_) return;
  is_leaving_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_),
                        static_cast<uint32_t>(error), nullptr, 0);
}

void H2Session::terminate(H2Error error) {
  if (is_ended_) return;
  is_ended_ = true;
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(error));
}

void H2Session::sent_go_away(uint32_t code) {
  if (code == NGHTTP2_NO_ERROR || is_ended_ || is_leaving_) return;
  // nghttp2 found a connection error by itself.
  is_ended_ = true;
  events_.on_refused(clients(Code::h2_protocol_error));
}

}  // namespace fairlead::http
