// contentType: gives answers without Content-Type one, judged by their first bytes. Without this
// middleware such answers pass as they are. Immutable, all workers.
#include "middleware/middleware_type.h"
#include "middleware/sniff.h"

namespace fairlead::middleware {
namespace {

// A body whose first chunk has been taken already. In the exchange's arena, as the body it goes on
// with.
class PeekedBody final : public http::Body {
 public:
  PeekedBody(http::Chunk first, http::Body& rest) : first_(std::move(first)), rest_(rest) {}

  io::Task<Result<http::Chunk>> read() override {
    if (has_given_first_) return rest_.read();
    has_given_first_ = true;
    return Result<http::Chunk>(std::move(first_));
  }
  const http::HeaderMap* trailers() const override { return rest_.trailers(); }
  bool is_finished() const override { return has_given_first_ && rest_.is_finished(); }
  int64_t length() const override { return rest_.length(); }

 private:
  http::Chunk first_;
  http::Body& rest_;
  bool has_given_first_ = false;
};

bool wants_type(const pipeline::Response& response) {
  if (response.head == nullptr || response.body == nullptr || response.tunnel != nullptr)
    return false;
  const http::HeaderMap& headers = response.head->headers;
  return headers.find(http::FieldId::content_type) == nullptr &&
         headers.get(http::FieldId::content_encoding).empty();
}

class ContentType final : public pipeline::Middleware {
 public:
  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    return sniff(x, next);
  }

 private:
  static io::Task<pipeline::Reply> sniff(pipeline::Exchange& x, pipeline::Next next) {
    pipeline::Reply reply = co_await next(x);
    if (!reply || !wants_type(*reply)) co_return reply;
    Result<http::Chunk> first = co_await reply->body->read();
    if (!first) co_return fail(first.error());
    std::string_view bytes = first->bytes();
    if (!bytes.empty()) {
      reply->head->headers.add(http::FieldId::content_type, sniff_content_type(bytes));
    }
    reply->body = x.arena.make<PeekedBody>(std::move(*first), *reply->body);
    co_return reply;
  }
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  options.deprecate("autoDetect", "remove it: naming the middleware is enough");
  return std::make_unique<ContentType>();
}

}  // namespace

const MiddlewareType types::content_type{"contentType", make};

}  // namespace fairlead::middleware
