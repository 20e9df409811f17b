// bodyLimit: requests with a longer body than `maxBytes` get 413, at once when the length is known
// and otherwise when it is exceeded; nothing is held back. Immutable, all workers.
#include "middleware/middleware_type.h"

namespace fairlead::middleware {
namespace {

// In the exchange's arena, as its source.
class LimitedBody final : public http::Body {
 public:
  LimitedBody(http::Body& source, uint64_t most) : source_(source), most_(most) {}

  io::Task<Result<http::Chunk>> read() override {
    io::Task<Result<http::Chunk>> next = source_.read();
    if (next.is_ready()) return checked(next.take());
    return read_later(std::move(next));
  }
  const http::HeaderMap* trailers() const override { return source_.trailers(); }
  bool is_finished() const override { return source_.is_finished(); }
  int64_t length() const override { return source_.length(); }
  uint64_t bytes_read() const override { return source_.bytes_read(); }

 private:
  io::Task<Result<http::Chunk>> read_later(io::Task<Result<http::Chunk>> next) {
    Result<http::Chunk> chunk = co_await next;
    co_return checked(std::move(chunk));
  }

  Result<http::Chunk> checked(Result<http::Chunk> chunk) {
    if (!chunk) return chunk;
    seen_ += chunk->bytes().size();
    if (seen_ > most_) return fail(Error{.code = Code::body_too_large, .side = Side::client});
    return chunk;
  }

  http::Body& source_;
  uint64_t most_;
  uint64_t seen_ = 0;
};

class BodyLimit final : public pipeline::Middleware {
 public:
  explicit BodyLimit(uint64_t most) : most_(most) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    if (x.request_body == nullptr || x.request.wants_upgrade) return next(x);
    int64_t length = x.request_body->length();
    if (length >= 0 && static_cast<uint64_t>(length) <= most_) return next(x);
    if (length >= 0) return pipeline::Reply(x.reply_with_reason(413));
    x.request_body = x.arena.make<LimitedBody>(*x.request_body, most_);
    return next(x);
  }

 private:
  uint64_t most_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  int64_t most = 0;
  bool is_set = options.read("maxBytes", most);
  if (!is_set || most < 1) {
    options.error("maxBytes", "is required: the longest body of a request, 1 or more");
    return nullptr;
  }
  return std::make_unique<BodyLimit>(static_cast<uint64_t>(most));
}

}  // namespace

const MiddlewareType types::body_limit{"bodyLimit", make};

}  // namespace fairlead::middleware
