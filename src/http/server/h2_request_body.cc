#include "http/server/h2_request_body.h"

namespace fairlead::http {
namespace {
// A sender may take this long before its average rate counts.
constexpr io::Duration kRateGrace{5000};
}  // namespace

bool H2RequestBody::has_something() const {
  return !stream_.received().empty() || stream_.has_request_ended() || !stream_.is_open();
}

Result<Chunk> H2RequestBody::take() {
  // Bytes of a request that turned out to be broken are not handed on.
  if (!stream_.is_open() && !stream_.has_request_ended()) return fail(stream_.failure_or_closed());
  StreamQueue& received = stream_.received();
  if (received.empty()) {
    is_finished_ = true;
    return Chunk::end();
  }
  is_finished_ = stream_.has_request_ended() && received.is_one_block();
  Chunk chunk = received.pop(is_finished_);
  bytes_read_ += chunk.bytes().size();
  H2Link& link = stream_.link();
  link.session.consumed(stream_, chunk.bytes().size());
  if (link.session.wants_write()) link.wake_writer();
  return Result<Chunk>(std::move(chunk));
}

io::Task<Result<Chunk>> H2RequestBody::read() {
  if (has_something()) return take();
  return wait_and_take();
}

bool H2RequestBody::is_too_slow() const {
  uint64_t rate = stream_.link().settings.min_body_rate;
  if (rate == 0 || waited_ < kRateGrace) return false;
  return bytes_read_ * 1000 < rate * static_cast<uint64_t>(waited_.count());
}

io::Task<Result<Chunk>> H2RequestBody::wait_and_take() {
  io::Timeout idle{stream_.link().settings.client_idle, Code::client_idle_timeout, Side::client,
                   Stage::body};
  if (owes_continue_ && !stream_.has_started()) {
    ResponseHead head(stream_.arena());
    head.status = 100;
    Result<void> sent = co_await stream_.write_interim(head);
    if (!sent) co_return fail(sent.error());
  }
  owes_continue_ = false;
  while (!has_something()) {
    io::TimePoint before = io::Loop::current()->now();
    Result<void> more = co_await stream_.more_received(io::not_after(until_, idle));
    waited_ += io::Loop::current()->now() - before;
    if (!more) co_return fail(more.error());
    if (is_too_slow()) co_return fail(idle.error());
  }
  co_return take();
}

}  // namespace fairlead::http
