// retry: runs the rest of the chain again when it failed, as long as that is safe: a request that
// may have been executed is sent again only when executing it twice does no harm (RFC 9110 §9.2.2)
// or the configuration says so, and only when its whole body is still at hand. Beside what services
// do by themselves: they try their other servers at once. Immutable, all workers.
#include <cmath>

#include "middleware/discard.h"
#include "middleware/middleware_type.h"
#include "middleware/status_set.h"
#include "pipeline/replay_body.h"
#include "pipeline/saved_request.h"

namespace fairlead::middleware {
namespace {

struct Settings {
  int64_t attempts = 0;  // the first one counts
  io::Duration interval{0};
  io::Duration timeout{0};
  uint64_t max_body_bytes = 2 * 1024 * 1024;
  StatusSet statuses;
  bool retries_network_errors = true;
  bool retries_non_idempotent = false;
};

// Waits grow evenly in ratio, from the interval before the second attempt to nearly twice as much
// before the last.
io::Duration wait_before(int64_t attempt, const Settings& settings) {
  if (settings.interval <= io::Duration::zero()) return io::Duration::zero();
  double share = static_cast<double>(attempt - 2) / static_cast<double>(settings.attempts - 1);
  double ms = static_cast<double>(settings.interval.count()) * std::pow(2.0, share);
  return std::max(io::Duration{static_cast<int64_t>(ms)}, io::Duration{1});
}

class Retry final : public pipeline::Middleware {
 public:
  explicit Retry(Settings settings) : settings_(std::move(settings)) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    if (settings_.attempts < 2) return next(x);
    return run(settings_, x, next);
  }

 private:
  static io::Task<pipeline::Reply> run(const Settings& settings, pipeline::Exchange& x,
                                       pipeline::Next next) {
    pipeline::SavedRequest saved(x);
    pipeline::ReplayBody* body = take_body(settings, x);
    bool has_body = x.request_body != nullptr;
    io::TimePoint begin = x.worker().loop().now();
    uint32_t tries = 0;
    for (int64_t attempt = 1;; ++attempt) {
      if (body != nullptr) x.request_body = &body->play();
      x.record.attempts = 0;
      pipeline::Reply reply = co_await next(x);
      tries += x.record.attempts;
      x.record.attempts = tries;
      bool can_repeat_body =
          !has_body || !x.is_request_body_touched || (body != nullptr && body->can_replay());
      if (attempt == settings.attempts || !can_repeat_body || !is_wanted(settings, x, reply)) {
        co_return reply;
      }
      io::Duration wait = wait_before(attempt + 1, settings);
      io::TimePoint resume = x.worker().loop().now() + wait;
      bool is_late = settings.timeout > io::Duration::zero() && resume - begin > settings.timeout;
      if (is_late) co_return reply;
      if (reply) discard(*reply);
      if (wait > io::Duration::zero()) {
        Result<void> slept = co_await x.sleep(wait);
        if (!slept) co_return fail(slept.error());
      }
      // What the client has not sent yet is asked for by the next attempt.
      saved.restore(x);
      x.is_request_body_touched = false;
    }
  }

  // Null: there is none, or it is known to be too large to be kept.
  static pipeline::ReplayBody* take_body(const Settings& settings, pipeline::Exchange& x) {
    if (x.request_body == nullptr || settings.max_body_bytes == 0) return nullptr;
    int64_t length = x.request_body->length();
    if (length >= 0 && static_cast<uint64_t>(length) > settings.max_body_bytes) return nullptr;
    return x.arena.make<pipeline::ReplayBody>(x.arena, *x.request_body, settings.max_body_bytes);
  }

  static bool is_wanted(const Settings& settings, pipeline::Exchange& x,
                        const pipeline::Reply& reply) {
    if (x.scope.is_cancelled()) return false;
    bool is_harmless = settings.retries_non_idempotent || http::is_idempotent(x.request.method);
    if (reply) {
      return reply->tunnel == nullptr && is_harmless &&
             settings.statuses.contains(reply->head->status);
    }
    const Error& error = reply.error();
    bool is_certainly_unsent =
        error.retry == fairlead::Retry::always || error.code == Code::no_server;
    bool is_networks_fault = error.side == Side::upstream || is_certainly_unsent;
    return settings.retries_network_errors && is_networks_fault &&
           (is_certainly_unsent || is_harmless);
  }

  Settings settings_;
};

void read_positive(config::Reader& options, std::string_view key, io::Duration& out) {
  if (options.read(key, out) && out < io::Duration::zero())
    options.error(key, "must not be negative");
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  Settings settings;
  options.read("attempts", settings.attempts);
  if (settings.attempts < 1 && !options.has_errors()) {
    options.error("attempts", "is required: how often to try in all, the first time included");
  }
  read_positive(options, "initialInterval", settings.interval);
  read_positive(options, "timeout", settings.timeout);
  int64_t max_body = static_cast<int64_t>(settings.max_body_bytes);
  if (options.read("maxRequestBodyBytes", max_body) && max_body < -1) {
    options.error("maxRequestBodyBytes", "must be a number of bytes, or -1 for no limit");
  }
  settings.max_body_bytes = max_body < 0 ? UINT64_MAX : static_cast<uint64_t>(max_body);
  settings.statuses.read(options, "status");
  bool is_disabled = false;
  if (options.read("disableRetryOnNetworkError", is_disabled)) {
    settings.retries_network_errors = !is_disabled;
  }
  options.read("retryNonIdempotentMethod", settings.retries_non_idempotent);
  if (is_disabled && settings.statuses.empty()) {
    options.warning("disableRetryOnNetworkError", "leaves nothing to retry on; set status");
  }
  if (options.has_errors()) return nullptr;
  return std::make_unique<Retry>(std::move(settings));
}

}  // namespace

const MiddlewareType types::retry{"retry", make};

}  // namespace fairlead::middleware
