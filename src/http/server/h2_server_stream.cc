#include "http/server/h2_server_stream.h"

namespace fairlead::http {
namespace {

// A stream with bytes to send whose window stays closed for this long is reset (shield 1.2:
// zero-window stall).
constexpr io::Duration kWindowStall{30'000};
// How often a stream that waits for its turn looks whether it is the window it waits for.
constexpr io::Duration kTurnCheck{5'000};
// A window that opens a little at a time: below this many bytes a second on average, after a grace.
constexpr uint64_t kMinResponseRate = 240;
constexpr io::Duration kRateGrace{10'000};

bool is_bodiless(unsigned status) { return status < 200 || status == 204 || status == 304; }

// Which length the client is told; -1 for none.
int64_t announced_length(const ResponseHead& head, Method method, const Body* body) {
  bool is_head_only = method == Method::head || head.status == 304;
  if (is_head_only) {
    return head.body_kind == BodyKind::length ? static_cast<int64_t>(head.content_length) : -1;
  }
  if (is_bodiless(head.status)) return -1;
  return body == nullptr ? 0 : body->length();
}

std::string_view number_text(uint64_t value, Arena& arena) {
  char* text = arena.take_chars(20);
  char* at = text + 20;
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return {at, static_cast<size_t>(text + 20 - at)};
}

}  // namespace

Error H2ServerStream::failure_or_closed() const {
  if (failure().code != Code::ok) return failure();
  return {Code::closed, Side::client, Stage::body};
}

void H2ServerStream::watch_client(io::Scope* scope) {
  watched_ = scope;
  tunnel_.set_scope(this->scope());
  if (scope != nullptr && !is_open()) scope->cancel(failure_or_closed());
}

void H2ServerStream::heard() {
  if (receiver_ != nullptr) receiver_->wake();
  tunnel_.wake_reader();
  if (failure().code != Code::ok) cut_off();
}

void H2ServerStream::framed() {
  if (sender_ != nullptr) sender_->wake();
  tunnel_.wake_writer();
}

void H2ServerStream::cut_off() {
  if (receiver_ != nullptr) receiver_->wake();
  if (sender_ != nullptr) sender_->wake();
  tunnel_.wake_reader();
  tunnel_.wake_writer();
  if (watched_ != nullptr && failure().code != Code::ok) watched_->cancel(failure());
}

io::Task<Result<void>> H2ServerStream::write_interim(const ResponseHead& head) {
  if (!is_open()) return Result<void>(fail(failure_or_closed()));
  if (has_started_) return Result<void>{};
  link_.session.send_interim(*this, head);
  link_.wake_writer();
  return Result<void>{};
}

// A 101 is the upstream's way of opening the tunnel that the client asked for with CONNECT (RFC
// 8441 §5).
io::Task<Result<void>> H2ServerStream::write_response(const ResponseHead& head, Body* body) {
  if (!is_open() || has_started_) co_return fail(failure_or_closed());
  has_started_ = true;
  bool is_tunnel = head.status == 101;
  int64_t length = is_tunnel ? -1 : announced_length(head, this->head().method, body);
  bool sends_body = !is_tunnel && body != nullptr && this->head().method != Method::head &&
                    !is_bodiless(head.status) && body->length() != 0;
  HeaderMap& fields = *arena().make<HeaderMap>(arena());
  fields.reserve(head.headers.size() + 1);
  for (const Field& field : head.headers.fields()) {
    if (field.id == FieldId::content_length) continue;
    if (is_tunnel && field.id == FieldId::sec_websocket_accept) continue;
    fields.add(field);
  }
  if (length >= 0) {
    fields.add(FieldId::content_length, number_text(static_cast<uint64_t>(length), arena()));
  }
  unsigned status = is_tunnel ? 200 : head.status;
  link_.session.send_head(*this, status, fields.fields(), !sends_body && !is_tunnel);
  link_.wake_writer();
  if (is_tunnel) co_return Result<void>{};
  Result<void> sent;
  if (sends_body) {
    sent = co_await write_body(*body);
  } else if (!has_request_ended()) {
    sent = co_await wait_until_framed(true);  // settle() must not overtake it
  }
  is_complete_ = sent.has_value();
  co_return sent;
}

Result<void> H2ServerStream::give_up(Error error, H2Error code) {
  // Also when it is closed: what was being sent must not be looked at again.
  link_.session.reset(*this, code);
  link_.wake_writer();
  return fail(error);
}

// Why the window is asked before the body: a client that keeps its window closed must not make us
// hold its bytes.
io::Task<Result<void>> H2ServerStream::write_body(Body& body) {
  for (;;) {
    if (link_.session.window(*this) <= 0) {
      Result<void> open = co_await wait_for_window();
      if (!open) co_return give_up(open.error(), H2Error::cancel);
    }
    Result<Chunk> chunk = co_await body.read();
    if (!chunk) co_return give_up(chunk.error(), H2Error::internal_error);
    if (!is_open()) co_return fail(failure_or_closed());
    bool is_last = chunk->is_last();
    if (chunk->bytes().empty() && !is_last) continue;
    link_.session.send(*this, std::move(*chunk), is_last ? body.trailers() : nullptr);
    link_.wake_writer();
    Result<void> framed = co_await wait_until_framed(is_last);
    if (!framed) co_return give_up(framed.error(), H2Error::cancel);
    if (is_last) co_return Result<void>{};
  }
}

bool H2ServerStream::is_stalled(io::TimePoint since) const {
  io::Duration waited = io::Loop::current()->now() - since;
  if (waited >= kWindowStall) return true;
  io::Duration total = stalled_ + waited;
  return total > kRateGrace &&
         sent_bytes() * 1000 < kMinResponseRate * static_cast<uint64_t>(total.count());
}

io::Task<Result<void>> H2ServerStream::wait_for_window() {
  io::TimePoint since = io::Loop::current()->now();
  io::Timeout limit{kWindowStall, Code::h2_window_stall, Side::client, Stage::body};
  while (is_open() && link_.session.window(*this) <= 0) {
    is_waiting_for_window_ = true;
    io::Wait news(&sender_, scope(), limit);
    Result<void> woken = co_await news;
    is_waiting_for_window_ = false;
    if (!woken) co_return fail(woken.error());
    if (is_stalled(since)) co_return fail(limit.error());
  }
  stalled_ += io::Loop::current()->now() - since;
  if (!is_open()) co_return fail(failure_or_closed());
  co_return Result<void>{};
}

// Until the codec has taken all of the chunk; the end too when it is the last.
io::Task<Result<void>> H2ServerStream::wait_until_framed(bool is_last) {
  for (;;) {
    if (is_last ? has_response_ended() : !is_sending()) co_return Result<void>{};
    if (!is_open()) co_return fail(failure_or_closed());
    if (is_sending() && link_.session.window(*this) <= 0) {
      Result<void> open = co_await wait_for_window();
      if (!open) co_return fail(open.error());
      continue;
    }
    io::TimePoint since = io::Loop::current()->now();
    io::Wait news(&sender_, scope(), io::Timeout{kTurnCheck, Code::ok});
    Result<void> woken = co_await news;
    // Time passing is no fault here: the connection is busy with others, and its own timeout
    // watches the socket.
    if (!woken) co_return fail(woken.error());
    // Unless the window had opened a crack, and closed again.
    if (is_open() && is_sending() && link_.session.window(*this) <= 0) {
      stalled_ += io::Loop::current()->now() - since;
    }
  }
}

io::Task<void> H2ServerStream::flush_tunnel() {
  if (!is_websocket() || !has_started_ || !tunnel_.is_write_done() || !is_open()) co_return;
  (void)co_await wait_until_framed(true);
}

void H2ServerStream::settle() {
  if (!is_open()) return;
  if (!has_started_ || (!is_complete_ && !is_websocket())) {
    link_.session.reset(*this, H2Error::internal_error);
  } else if (is_websocket() && !has_response_ended()) {
    link_.session.reset(*this, H2Error::cancel);
  } else if (!has_request_ended()) {
    link_.session.reset(*this,
                        H2Error::no_error);  // RFC 9113 §8.1: the rest of the body is not wanted
  }
  link_.wake_writer();
}

}  // namespace fairlead::http
