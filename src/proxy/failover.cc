#include "proxy/failover.h"

#include <algorithm>

#include "pipeline/replay_body.h"
#include "pipeline/saved_request.h"
#include "proxy/error_reply.h"

namespace fairlead::proxy {
namespace {

// Kept of a request's body for the fallback when the configuration names no limit. A longer body is
// sent all the same, but then the first answer stands.
constexpr uint64_t kMostKept = 4 * 1024 * 1024;

// Certainly executed nowhere.
bool reached_nobody(const pipeline::Reply& reply) {
  return !reply && (reply.error().code == Code::no_server || reply.error().retry == Retry::always);
}

// Fails when more than `most` bytes come.
class LimitedBody final : public http::Body {
 public:
  LimitedBody(http::Body& source, uint64_t most) : source_(source), most_(most) {}
  io::Task<Result<http::Chunk>> read() override {
    io::Task<Result<http::Chunk>> next = source_.read();
    if (next.is_ready()) return judged(next.take());
    return wait(std::move(next));
  }
  const http::HeaderMap* trailers() const override { return source_.trailers(); }
  bool is_finished() const override { return source_.is_finished(); }
  int64_t length() const override { return source_.length(); }
  uint64_t bytes_read() const override { return source_.bytes_read(); }

 private:
  Result<http::Chunk> judged(Result<http::Chunk> chunk) {
    if (!chunk || source_.bytes_read() <= most_) return chunk;
    return fail(Code::body_too_large, Side::client, Stage::body);
  }
  io::Task<Result<http::Chunk>> wait(io::Task<Result<http::Chunk>> next) {
    Result<http::Chunk> chunk = co_await next;
    co_return judged(std::move(chunk));
  }

  http::Body& source_;
  uint64_t most_;
};

}  // namespace

bool FailoverService::is_failure(const pipeline::Reply& reply) const {
  unsigned status = reply ? reply->head->status : error_reply(reply.error()).status;
  return std::ranges::any_of(settings_.statuses, [status](const auto& range) {
    return range.first <= status && status <= range.second;
  });
}

io::Task<pipeline::Reply> FailoverService::handle(pipeline::Exchange& x) const {
  io::TimePoint now = x.worker().loop().now();
  if (!service_->is_available(now) && fallback_->is_available(now)) return fallback_->handle(x);
  bool has_limit = settings_.max_request_body_bytes >= 0 && !settings_.statuses.empty();
  if (has_limit && x.request_body != nullptr) {
    if (x.request_body->length() > settings_.max_request_body_bytes)
      return pipeline::Reply(fail(Code::body_too_large, Side::client, Stage::body));
    x.request_body = x.arena.make<LimitedBody>(
        *x.request_body, static_cast<uint64_t>(settings_.max_request_body_bytes));
  }
  return handle_both(x);
}

io::Task<pipeline::Reply> FailoverService::handle_both(pipeline::Exchange& x) const {
  pipeline::SavedRequest saved(x);
  pipeline::ReplayBody* body = nullptr;
  bool has_body = x.request_body != nullptr;
  if (has_body && !settings_.statuses.empty()) {
    uint64_t most = settings_.max_request_body_bytes < 0
                        ? kMostKept
                        : static_cast<uint64_t>(settings_.max_request_body_bytes);
    body = x.arena.make<pipeline::ReplayBody>(x.arena, *x.request_body, most);
    x.request_body = &body->play();
  }
  pipeline::Reply reply = co_await service_->handle(x);
  if (x.scope.is_cancelled() || (!reached_nobody(reply) && !is_failure(reply))) co_return reply;
  bool can_repeat =
      !has_body || !x.is_request_body_touched || (body != nullptr && body->can_replay());
  if (!can_repeat || (reply && reply->tunnel != nullptr)) co_return reply;
  saved.restore(x);
  if (body != nullptr) x.request_body = &body->play();
  x.is_request_body_touched = false;
  pipeline::Reply second = co_await fallback_->handle(x);
  co_return second;
}

}  // namespace fairlead::proxy
