// rateLimit: so many requests in a period on average from each source, with bursts. What comes a
// little early is held back, what comes far too early gets 429. Exact over all workers: they share
// the buckets, which live as long as the middleware is not changed. Immutable but for the buckets.
#include "middleware/go_duration.h"
#include "middleware/middleware_type.h"
#include "middleware/refusal_status.h"
#include "middleware/source_criterion.h"
#include "middleware/source_table.h"
#include "middleware/token_bucket.h"

namespace fairlead::middleware {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

Nanoseconds now() { return observe::Clock::now().time_since_epoch(); }

std::string_view number_text(int64_t value, Arena& arena) {
  std::string text = std::to_string(value);
  return arena.copy(text);
}

pipeline::Response refuse(pipeline::Exchange& x, Nanoseconds wait, unsigned status) {
  pipeline::Response response = x.reply_with_reason(status);
  int64_t seconds = (wait.count() + 999'999'999) / 1'000'000'000;
  http::HeaderMap& headers = response.head->headers;
  headers.add(http::FieldId::retry_after, number_text(seconds, x.arena));
  headers.add("X-Retry-In", go_duration(wait, x.arena));
  return response;
}

class RateLimit final : public pipeline::Middleware {
 public:
  RateLimit(BucketRate rate, SourceCriterion criterion, unsigned status)
      : rate_(rate), criterion_(std::move(criterion)), status_(status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    if (rate_.interval == Nanoseconds::zero()) return next(x);
    Nanoseconds time = now();
    TokenBucket::Verdict verdict = buckets_.visit(
        criterion_.source(x), [&](TokenBucket& bucket) { return bucket.take(rate_, time); },
        [&](const TokenBucket& bucket) { return bucket.is_full(time); });
    if (!verdict.is_allowed) return pipeline::Reply(refuse(x, verdict.delay, status_));
    if (verdict.delay > Nanoseconds::zero()) return hold_back(x, next, verdict.delay);
    return next(x);
  }

 private:
  static io::Task<pipeline::Reply> hold_back(pipeline::Exchange& x, pipeline::Next next,
                                             Nanoseconds delay) {
    io::Duration wait = std::chrono::ceil<io::Duration>(delay);
    Result<void> slept = co_await x.sleep(wait);
    if (!slept) co_return fail(slept.error());
    co_return co_await next(x);
  }

  BucketRate rate_;
  SourceCriterion criterion_;
  unsigned status_;
  mutable SourceTable<TokenBucket> buckets_;
};

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  int64_t average = 0, burst = 1;
  io::Duration period{1000};
  options.read("average", average);
  options.read("burst", burst);
  options.read("period", period);
  if (average < 0) options.error("average", "must not be negative; 0 means no limit");
  if (burst < 0) options.error("burst", "must not be negative");
  if (period < io::Duration::zero()) options.error("period", "must not be negative");
  if (period == io::Duration::zero()) period = io::Duration{1000};
  SourceCriterion criterion = SourceCriterion::read(options, SourceCriterion::Kind::ip);
  if (options.raw("redis") != nullptr) {
    options.error("redis",
                  "limits shared over Redis are not served by this version; remove it to "
                  "limit in each Fairlead by itself");
  }
  unsigned status = read_refusal_status(options);
  if (options.has_errors()) return nullptr;
  return std::make_unique<RateLimit>(BucketRate::of(average, period, burst), std::move(criterion),
                                     status);
}

}  // namespace

const MiddlewareType types::rate_limit{"rateLimit", make};

}  // namespace fairlead::middleware
