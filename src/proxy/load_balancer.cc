#include "proxy/load_balancer.h"

#include "proxy/forward.h"

namespace fairlead::proxy {
namespace {

constexpr size_t kMaxAttempts = 5;

// The upstream broke off or answered nonsense: nothing of it has reached the client.
bool is_failed_answer(const Error& error) {
  return error.side == Side::upstream &&
         (error.stage == Stage::send || error.stage == Stage::response_head) &&
         error.code != Code::upstream_head_timeout;
}

// What is certain not to have been executed may always go elsewhere; what may have been executed
// only when executing it twice does no harm, and only while its body has not been touched (RFC 9110
// §9.2.2).
bool may_try_again(const pipeline::Exchange& x, const Error& error) {
  if (x.scope.is_cancelled() || x.is_request_body_touched) return false;
  if (is_failed_answer(error) && http::is_idempotent(x.request.method)) return true;
  switch (error.retry) {
    case Retry::always:
      return true;
    case Retry::if_reused:
    case Retry::if_idempotent:
      return http::is_idempotent(x.request.method);
    case Retry::never:
      return false;
  }
  return false;
}

}  // namespace

LoadBalancer::LoadBalancer(LoadBalancerSettings settings, std::vector<upstream::Endpoint> endpoints,
                           const upstream::BalancerType& type,
                           std::shared_ptr<upstream::BalancerState> state)
    : settings_(std::move(settings)), endpoints_(std::move(endpoints)) {
  std::vector<const upstream::Endpoint*> usable;
  for (const upstream::Endpoint& endpoint : endpoints_) {
    if (endpoint.weight > 0 && !endpoint.is_fenced) usable.push_back(&endpoint);
  }
  balancer_ = type.make(usable, std::move(state));
}

const upstream::Endpoint* LoadBalancer::pick(
    pipeline::Exchange& x, std::span<const upstream::Endpoint* const> tried) const {
  upstream::PickContext context{x.worker(), x.peer, tried};
  if (const upstream::Endpoint* endpoint = balancer_->pick(context)) return endpoint;
  // All that are left are out of the rotation, rightly or not: better one of them than no answer.
  context.is_last_resort = true;
  return balancer_->pick(context);
}

io::Task<pipeline::Reply> LoadBalancer::handle(pipeline::Exchange& x) const {
  const upstream::Endpoint* tried[kMaxAttempts];
  size_t attempts = 0;
  Error last{Code::no_server, Side::self, Stage::route, Retry::never, 0};
  x.record.service = settings_.name;
  while (attempts < kMaxAttempts) {
    const upstream::Endpoint* endpoint = pick(x, {tried, attempts});
    bool is_second_connection = false;
    if (endpoint == nullptr) {
      // The only endpoint dropped a pooled connection: it gets one more try on a fresh one.
      if (attempts != 1 || last.retry != Retry::if_reused) break;
      endpoint = tried[0];
      is_second_connection = true;
    }
    tried[attempts++] = endpoint;
    x.record.attempts = static_cast<uint32_t>(attempts);
    ForwardTarget target{*this, *endpoint, is_second_connection};
    pipeline::Reply reply = co_await forward(x, target);
    io::TimePoint now = x.worker().loop().now();
    if (reply) {
      judge().answered(*endpoint, reply->head->status, now);
      co_return reply;
    }
    last = reply.error();
    judge().failed(*endpoint, last, now);
    if (!may_try_again(x, last)) break;
  }
  if (attempts != 0 && may_try_again(x, last)) {
    // The configuration may have changed while this request tried: then the server is somewhere
    // else now.
    const pipeline::Handler* newer = x.newer_service(settings_.name, *this);
    if (newer != nullptr) {
      pipeline::Reply reply = co_await newer->handle(x);
      co_return reply;
    }
  }
  co_return fail(last);
}

}  // namespace fairlead::proxy
