#include "http/client/h2_response_body.h"

namespace fairlead::http {

bool H2ResponseBody::has_something() const {
  const H2Call& call = stream_;
  return !stream_.received().empty() || call.has_response_ended() ||
         call.failure().code != Code::ok;
}

Result<Chunk> H2ResponseBody::take() {
  StreamQueue& received = stream_.received();
  if (received.empty()) {
    if (!stream_.has_response_ended()) return fail(stream_.why_closed(Stage::body));
    is_finished_ = true;
    return Chunk::end();
  }
  is_finished_ = stream_.has_response_ended() && received.is_one_block();
  Chunk chunk = received.pop(is_finished_);
  bytes_read_ += chunk.bytes().size();
  H2ClientConnection& connection = stream_.connection_;
  connection.session_.consumed(stream_, chunk.bytes().size());
  if (connection.session_.wants_write()) connection.wake_writer();
  return Result<Chunk>(std::move(chunk));
}

io::Task<Result<Chunk>> H2ResponseBody::read() {
  if (has_something()) return take();
  return wait_and_take();
}

io::Task<Result<Chunk>> H2ResponseBody::wait_and_take() {
  while (!has_something()) {
    io::Wait more(&stream_.reader_, stream_.scope_, stream_.idle_timeout(Stage::body));
    Result<void> woken = co_await more;
    if (!woken) co_return fail(woken.error());
  }
  co_return take();
}

}  // namespace fairlead::http
