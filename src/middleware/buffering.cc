// buffering: takes the whole request before anybody sees it, and the whole answer before the client
// does, within bounds, and may run the rest of the chain again by an expression. Events and other
// streams do not get through it before they end; upgraded connections pass. Immutable, all workers.
#include "middleware/discard.h"
#include "middleware/expression.h"
#include "middleware/middleware_type.h"
#include "middleware/spool.h"
#include "pipeline/saved_request.h"

namespace fairlead::middleware {
namespace {

using pipeline::Exchange;
using pipeline::Reply;

constexpr int kMaxAttempts = 10;

constexpr ExpressionFunction kFunctions[] = {
    {"Attempts", 0}, {"ResponseCode", 0}, {"IsNetworkError", 0, true}};

struct Outcome final : ExpressionFacts {
  int attempts = 0;
  unsigned status = 0;
  double value(size_t function, std::span<const double>) const override {
    switch (function) {
      case 0:
        return attempts;
      case 1:
        return status;
      default:
        return status == 502 || status == 504 ? 1 : 0;
    }
  }
};

struct Bounds {
  uint64_t most = 0;  // 0: none
  uint64_t in_memory = 1024 * 1024;
};

struct Settings {
  Bounds request, response;
  std::optional<Expression> retry;
};

bool is_known_to_exceed(const http::Body& body, const Bounds& bounds) {
  return bounds.most != 0 && body.length() > static_cast<int64_t>(bounds.most);
}

class Buffering final : public pipeline::Middleware {
 public:
  explicit Buffering(Settings settings) : settings_(std::move(settings)) {}

  io::Task<Reply> handle(Exchange& x, pipeline::Next next) const override {
    if (x.request.wants_upgrade) return next(x);
    return run(settings_, x, next);
  }

 private:
  static io::Task<Reply> run(const Settings& settings, Exchange& x, pipeline::Next next) {
    Spool* request = nullptr;
    if (x.request_body != nullptr) {
      if (is_known_to_exceed(*x.request_body, settings.request)) co_return x.reply_with_reason(413);
      request = x.arena.make<Spool>(settings.request.in_memory);
      Result<void> taken = co_await request->fill(*x.request_body, settings.request.most);
      if (!taken && taken.error().code == Code::body_too_large) co_return x.reply_with_reason(413);
      if (!taken) co_return fail(taken.error());
    }
    Reply reply = co_await try_often(settings, x, next, request);
    if (!reply || reply->body == nullptr || reply->tunnel != nullptr) co_return reply;
    Result<http::Body*> body = co_await take_answer(settings.response, x, *reply->body);
    if (!body && body.error().code == Code::body_too_large) co_return x.reply_with_reason(500);
    if (!body) co_return fail(body.error());
    reply->body = *body;
    co_return reply;
  }

  static io::Task<Reply> try_often(const Settings& settings, Exchange& x, pipeline::Next next,
                                   Spool* request) {
    pipeline::SavedRequest saved(x);
    const http::HeaderMap* trailers = request != nullptr ? x.request_body->trailers() : nullptr;
    Outcome outcome;
    for (;;) {
      if (request != nullptr) {
        x.request_body = &request->play(x.arena, trailers);
        x.request.expects_continue = false;  // it was asked to go on
      }
      Reply reply = co_await next(x);
      ++outcome.attempts;
      outcome.status = reply ? reply->head->status : x.reply_to(reply.error()).head->status;
      bool is_clients_fault = !reply && reply.error().side == Side::client;
      bool is_final = !settings.retry || is_clients_fault || x.scope.is_cancelled() ||
                      outcome.attempts >= kMaxAttempts || (reply && reply->tunnel != nullptr) ||
                      !settings.retry->holds(outcome);
      if (is_final) co_return reply;
      if (reply) discard(*reply);
      saved.restore(x);
      x.is_request_body_touched = false;
    }
  }

  static io::Task<Result<http::Body*>> take_answer(const Bounds& bounds, Exchange& x,
                                                   http::Body& body) {
    if (is_known_to_exceed(body, bounds)) co_return fail(Code::body_too_large);
    auto& spool = *x.arena.make<Spool>(bounds.in_memory);
    Result<void> taken = co_await spool.fill(body, bounds.most);
    if (!taken) co_return fail(taken.error());
    co_return &spool.play(x.arena, body.trailers());
  }

  Settings settings_;
};

void read_bytes(config::Reader& options, std::string_view key, uint64_t& out) {
  int64_t bytes = 0;
  if (!options.read(key, bytes)) return;
  if (bytes < 0) {
    options.error(key, "must not be negative; 0 means no limit");
  } else {
    out = static_cast<uint64_t>(bytes);
  }
}

// What may be in memory: 0 counts as unset.
void read_memory(config::Reader& options, std::string_view key, uint64_t& out) {
  uint64_t bytes = 0;
  read_bytes(options, key, bytes);
  if (bytes != 0) out = bytes;
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  read_bytes(options, "maxRequestBodyBytes", settings.request.most);
  read_memory(options, "memRequestBodyBytes", settings.request.in_memory);
  read_bytes(options, "maxResponseBodyBytes", settings.response.most);
  read_memory(options, "memResponseBodyBytes", settings.response.in_memory);
  std::string expression;
  if (options.read("retryExpression", expression) && !expression.empty()) {
    auto parsed = Expression::parse(expression, kFunctions);
    if (!parsed) {
      options.error("retryExpression", parsed.error().message + " (at byte " +
                                           std::to_string(parsed.error().position) + ")");
    } else {
      settings.retry = std::move(*parsed);
    }
  }
  if (options.has_errors()) return nullptr;
  return std::make_unique<Buffering>(std::move(settings));
}

}  // namespace

const MiddlewareType types::buffering{"buffering", make};

}  // namespace fairlead::middleware
