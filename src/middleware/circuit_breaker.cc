// circuitBreaker: answers by itself while the service behind it does badly, and lets it recover.
// One breaker for each router that uses the middleware; all workers share it, and it lives as long
// as the middleware is not changed. Immutable but for the breakers.
#include <map>
#include <shared_mutex>

#include "middleware/breaker.h"
#include "middleware/middleware_type.h"
#include "pipeline/route.h"

namespace fairlead::middleware {
namespace {

// Breakers are for routers of the configuration; what more there are is left over from old ones.
constexpr size_t kMaxBreakers = 4096;

// One breaker a router. A breaker is never destroyed while the middleware lives.
class Breakers {
 public:
  Breaker& of(std::string_view router) {
    {
      std::shared_lock lock(mutex_);
      if (auto found = breakers_.find(router); found != breakers_.end()) return *found->second;
      if (breakers_.size() >= kMaxBreakers) return overflow_;
    }
    std::unique_lock lock(mutex_);
    auto& made = breakers_[std::string(router)];
    if (made == nullptr) made = std::make_unique<Breaker>();
    return *made;
  }

 private:
  std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Breaker>, std::less<>> breakers_;
  Breaker overflow_;
};

class CircuitBreaker final : public pipeline::Middleware {
 public:
  CircuitBreaker(BreakerSettings settings, unsigned status)
      : settings_(std::move(settings)), status_(status) {}

  io::Task<pipeline::Reply> handle(pipeline::Exchange& x, pipeline::Next next) const override {
    Breaker& breaker = breakers_.of(x.route != nullptr ? std::string_view(x.route->name) : "");
    if (!breaker.admits(settings_, x.worker().loop().now())) {
      return pipeline::Reply(x.reply_with_reason(status_));
    }
    return watch(*this, x, next, breaker);
  }

 private:
  static io::Task<pipeline::Reply> watch(const CircuitBreaker& self, pipeline::Exchange& x,
                                         pipeline::Next next, Breaker& breaker) {
    io::TimePoint begin = x.worker().loop().now();
    pipeline::Reply reply = co_await next(x);
    // A client that left or broke its request off says nothing about the service.
    if (!reply && reply.error().side == Side::client) co_return reply;
    unsigned status = reply ? reply->head->status : x.reply_to(reply.error()).head->status;
    io::TimePoint now = x.worker().loop().now();
    breaker.note(self.settings_, status, now - begin, now);
    co_return reply;
  }

  BreakerSettings settings_;
  unsigned status_;
  mutable Breakers breakers_;
};

bool check_arguments(config::Reader& options, const Expression& expression) {
  for (const Expression::Call& call : expression.calls()) {
    bool is_quantile = kBreakerFunctions[call.function].name == "LatencyAtQuantileMS";
    if (!is_quantile || (call.arguments[0] >= 0 && call.arguments[0] <= 100)) continue;
    options.error("expression", "LatencyAtQuantileMS takes a quantile from 0 to 100");
    return false;
  }
  return true;
}

void read_duration(config::Reader& options, std::string_view key, io::Duration& out) {
  io::Duration said = out;
  if (!options.read(key, said)) return;
  if (said <= io::Duration::zero()) {
    options.error(key, "must be longer than 0, for instance " + config::format_duration(out));
  } else {
    out = said;
  }
}

std::unique_ptr<const pipeline::Middleware> make(config::Reader& options, MakeContext& context) {
  BreakerSettings settings;
  std::string text;
  int64_t status = 503;
  options.read("expression", text);
  read_duration(options, "checkPeriod", settings.check_period);
  read_duration(options, "fallbackDuration", settings.fallback);
  read_duration(options, "recoveryDuration", settings.recovery);
  if (options.read("responseCode", status) && (status < 200 || status > 599)) {
    options.error("responseCode", "must be a status from 200 to 599");
  }
  if (text.empty()) {
    if (!options.has_errors())
      options.error("expression", "is required, for instance NetworkErrorRatio() > 0.30");
    return nullptr;
  }
  auto expression = Expression::parse(text, kBreakerFunctions);
  if (!expression) {
    options.error("expression", expression.error().message + " (at byte " +
                                    std::to_string(expression.error().position) + ")");
    return nullptr;
  }
  if (!check_arguments(options, *expression) || options.has_errors()) return nullptr;
  settings.expression = std::move(*expression);
  return std::make_unique<CircuitBreaker>(std::move(settings), static_cast<unsigned>(status));
}

}  // namespace

const MiddlewareType types::circuit_breaker{"circuitBreaker", make};

}  // namespace fairlead::middleware
