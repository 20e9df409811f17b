#include "proxy/race.h"

#include <algorithm>

namespace fairlead::proxy {
namespace {

using pipeline::Reply;
using upstream::Endpoint;

// How often a long wait is looked at: often at first, then ever more rarely, for waits may be many.
constexpr io::Duration kOftenest{50}, kRarest{2000};

io::Duration look_again_after(io::Duration waited) {
  return std::clamp(waited / 4, kOftenest, kRarest);
}

// The upstream broke off or answered nonsense: nothing of it has reached the client.
bool is_failed_answer(const Error& error) {
  return error.side == Side::upstream &&
         (error.stage == Stage::send || error.stage == Stage::response_head) &&
         error.code != Code::upstream_head_timeout;
}

}  // namespace

Race::Race(pipeline::Exchange& x, const LoadBalancer& service, upstream::ServiceTally& tally)
    : x_(x), service_(service), tally_(tally) {
  http::Body* body = x.request_body;
  if (body == nullptr || x.is_request_body_touched || service.endpoints().size() < 2) return;
  if (body->length() > static_cast<int64_t>(kMostReplayed)) return;
  replay_ = x.arena.make<pipeline::ReplayBody>(x.arena, *body, kMostReplayed);
  x.request_body = &replay_->play();
}

// All that was read of the request's body is at hand.
bool Race::has_body_still() const {
  return !x_.is_request_body_touched || (replay_ != nullptr && replay_->can_replay());
}

void Race::rewind() {
  if (!x_.is_request_body_touched || replay_ == nullptr) return;
  x_.request_body = &replay_->play();
  x_.is_request_body_touched = false;
}

void Race::ended(const observe::Record& record) {
  bool is_torn = record.error.side == Side::upstream && record.error.stage == Stage::body &&
                 record.error.code != Code::ok;
  service_.judge().ended(*answers_, is_torn, now());
}

bool Race::is_safe() const {
  http::Method method = x_.request.method;
  bool is_safe_method = method == http::Method::get || method == http::Method::head ||
                        method == http::Method::options;
  return is_safe_method && x_.request_body == nullptr && !x_.request.wants_upgrade;
}

// What is certain not to have been executed may always go elsewhere; what may have been executed
// only when executing it twice does no harm, and only while its whole body is at hand (RFC 9110
// §9.2.2).
bool Race::may_try_again(const Error& error) const {
  if (x_.scope.is_cancelled() || !has_body_still()) return false;
  if (is_failed_answer(error) && http::is_idempotent(x_.request.method)) return true;
  switch (error.retry) {
    case Retry::always:
      return true;
    case Retry::if_reused:
    case Retry::if_idempotent:
      return http::is_idempotent(x_.request.method);
    case Retry::never:
      return false;
  }
  return false;
}

// A connection that did not come about has cost no server anything.
bool Race::may_spend(const Error& error) {
  return error.stage == Stage::connect || tally_.budget.take(now());
}

const Endpoint* Race::pick(bool is_last_resort) const {
  upstream::PickContext context{x_.worker(), x_.peer, {tried_, tried_count_}};
  context.is_last_resort = is_last_resort;
  context.request = &x_.request;
  return service_.pick(context);
}

// An earlier run of the chain (a retry) has sent this request to a server: another one is better.
const Endpoint* Race::pick_elsewhere() const {
  std::string_view before = x_.record.service_addr;
  if (before.empty()) return nullptr;
  for (const Endpoint& endpoint : service_.endpoints()) {
    if (endpoint.authority != before) continue;
    const Endpoint* tried = &endpoint;
    upstream::PickContext context{x_.worker(), x_.peer, {&tried, 1}};
    context.request = &x_.request;
    return service_.pick(context);
  }
  return nullptr;
}

Attempt* Race::begin(const Endpoint& endpoint, Attempt::Manner how) {
  if (tried_count_ < kMostAttempts) tried_[tried_count_++] = &endpoint;
  x_.record.attempts = ++attempts_;
  rewind();
  return x_.arena.make<Attempt>(x_, service_, endpoint, how);
}

Attempt* Race::next() {
  if (attempts_ >= kMostAttempts) return nullptr;
  Attempt::Manner how;
  const Endpoint* endpoint = attempts_ == 0 ? pick_elsewhere() : nullptr;
  if (endpoint == nullptr) endpoint = pick(false);
  if (endpoint == nullptr) {
    // All that are left are out of the rotation, rightly or not: better one of them than no answer.
    endpoint = pick(true);
  }
  if (endpoint == nullptr && was_impatient_ && !is_patient_) {
    // None could be connected to at once: now the first to be waited for.
    is_patient_ = true;
    tried_count_ = 0;
    endpoint = pick(true);
  }
  bool was_stale = last_.retry == Retry::if_reused || last_.code == Code::h2_stream_refused;
  if (endpoint == nullptr && attempts_ == 1 && was_stale) {
    // The only endpoint dropped a pooled connection, or was closing one that requests share: it
    // gets one more try on a fresh one.
    endpoint = tried_[0];
    how.needs_fresh_connection = true;
  }
  if (endpoint == nullptr) return nullptr;
  bool is_last_chance = is_patient_ || attempts_ + 1 == kMostAttempts;
  if (service_.endpoints().size() > 1 && !is_last_chance)
    how.connect_patience = tally_.connect_patience();
  return begin(*endpoint, how);
}

// Only a server that is well is asked beside another.
Attempt* Race::next_beside() {
  if (attempts_ >= kMostAttempts) return nullptr;
  const Endpoint* endpoint = pick(false);
  if (endpoint == nullptr || !tally_.budget.take(now())) return nullptr;
  return begin(*endpoint, {false, tally_.connect_patience()});
}

Reply Race::won(Attempt& attempt) {
  tally_.heads.note(attempt.head_time());
  if (replay_ != nullptr) replay_->release();
  answers_ = &attempt.endpoint();
  x_.ending = this;
  if (attempt.connect_time() > io::Duration::zero()) tally_.note_connect(attempt.connect_time());
  service_.judge().answered(attempt.endpoint(), attempt.status(), now());
  pipeline::Response response = attempt.take();
  service_.keep_session(x_.request, attempt.endpoint(), *response.head);
  return response;
}

void Race::lost(Attempt& attempt, const Error& error) {
  last_ = error;
  was_impatient_ = was_impatient_ || error.code == Code::upstream_connect_timeout;
  attempt.note_failure();
  attempt.end_load();
  if (!x_.scope.is_cancelled()) service_.judge().failed(attempt.endpoint(), error, now());
}

io::Task<Reply> Race::run() {
  while (Attempt* attempt = next()) {
    Result<void> sent = co_await attempt->send();
    Result<bool> head = false;
    if (sent) {
      head = co_await attempt->await_head(tally_.patience() / 2);
    } else {
      head = fail(sent.error());
    }
    if (head && *head) co_return won(*attempt);
    if (head) co_return co_await wait_long(*attempt);
    lost(*attempt, head.error());
    if (!may_try_again(last_) || !may_spend(last_)) break;
  }
  co_return fail(last_);
}

void Race::start(Attempt& attempt, bool is_sent) {
  auto* runner = x_.arena.make<Runner>(attempt);
  runners_[runner_count_++] = runner;
  if (is_safe() && attempt.endpoint().health != nullptr) {
    attempt.endpoint().health->begin_long_wait();
    runner->is_counted = true;
  }
  // In the exchange's scope, whose end everybody waits for.
  x_.scope.spawn(drive(*runner, is_sent));
}

io::Task<void> Race::drive(Runner& runner, bool is_sent) {
  Result<void> sent;
  if (!is_sent) sent = co_await runner.attempt.send();
  if (sent) {
    runner.outcome = co_await runner.attempt.await_head(io::Duration{0});
  } else {
    runner.outcome = fail(sent.error());
  }
  runner.is_done = true;
  if (runner.is_counted) runner.attempt.endpoint().health->end_long_wait();
  runner.is_counted = false;
  changed_.set();
}

Attempt* Race::winner() const {
  for (size_t i = 0; i < runner_count_; ++i) {
    const Runner& one = *runners_[i];
    if (one.is_done && one.outcome && *one.outcome) return &one.attempt;
  }
  return nullptr;
}

// Takes out those that have failed.
void Race::collect() {
  size_t kept = 0;
  for (size_t i = 0; i < runner_count_; ++i) {
    Runner& one = *runners_[i];
    if (one.is_done && !one.outcome) {
      lost(one.attempt, one.outcome.error());
    } else {
      runners_[kept++] = &one;
    }
  }
  runner_count_ = kept;
}

void Race::stop_waiting() {
  for (size_t i = 0; i < runner_count_; ++i) {
    if (!runners_[i]->is_done) runners_[i]->attempt.give_up();
  }
}

// Whether everyone that is asked has fallen silent. Asks each, for the asking looks at the server.
bool Race::wants_another() const {
  bool are_all_silent = true;
  for (size_t i = 0; i < runner_count_; ++i) {
    const Attempt& attempt = runners_[i]->attempt;
    // One that still connects or sends has patience of its own.
    std::optional<io::TimePoint> since = attempt.waits_since();
    bool is_silent =
        since && service_.judge().is_unresponsive(attempt.endpoint(), *since, now(),
                                                  tally_.patience(), tally_.long_patience());
    are_all_silent = are_all_silent && is_silent;
  }
  return are_all_silent;
}

io::Task<Reply> Race::wait_long(Attempt& first) {
  start(first, true);
  io::TimePoint begin = now();
  for (;;) {
    if (Attempt* attempt = winner()) {
      stop_waiting();
      co_return won(*attempt);
    }
    collect();
    Attempt* another = nullptr;
    if (runner_count_ == 0) {
      if (may_try_again(last_) && may_spend(last_)) another = next();
      if (another == nullptr) co_return fail(last_);
    } else if (wants_another() && is_safe()) {
      another = next_beside();
    }
    if (another != nullptr) start(*another, false);
    io::Wait wait = changed_.wait(nullptr, io::Timeout{look_again_after(now() - begin), Code::ok});
    if (!changed_.is_set()) (void)co_await wait;
    changed_.reset();
  }
}

}  // namespace fairlead::proxy
