#include "health/checker.h"

#include <algorithm>

#include "base/log.h"
#include "health/active_check.h"
#include "health/ping.h"

namespace fairlead::health {
namespace {

using upstream::Ejection;

// A server that is out is looked at so often: soon at first, then as often as many of them allow.
constexpr io::Duration kFirstLook{50}, kLongestPause{400};
constexpr io::Duration kPauseForEach{4};
constexpr io::Duration kConnectLimit{500}, kPingLimit{1000};
// Checks at the same time; more wait.
constexpr size_t kMostChecks = 256;
constexpr io::Duration kTurn{10};

}  // namespace

io::Task<void> Checker::run(io::Scope& scope) {
  scope_ = &scope;
  reconcile();
  for (;;) {
    attention_.reset();
    table_.alarm().lower();
    for (const EntryPtr& entry : table_.entries()) look(entry);
    if (attention_.is_set()) continue;
    io::Wait wait = attention_.wait(&scope);
    Result<void> woken = co_await wait;
    if (!woken) co_return;
  }
}

void Checker::reconcile() {
  if (scope_ == nullptr || scope_->is_cancelled()) return;
  for (const EntryPtr& entry : table_.entries()) {
    if (entry->check != nullptr && checked_.emplace(entry.get(), entry->check.get()).second)
      scope_->spawn(check(entry, entry->check));
  }
}

bool Checker::has_first_verdicts() const {
  auto entries = table_.entries();
  return std::ranges::none_of(entries, [](const auto& e) { return e->health->is_pending(); });
}

void Checker::look(const EntryPtr& entry) {
  report(entry);
  if (entry->health->is_ejected() && watched_.insert(entry.get()).second)
    scope_->spawn(watch(entry));
  if (entry->health->wants_ping() && pinged_.insert(entry.get()).second) scope_->spawn(ping(entry));
}

void Checker::report(const EntryPtr& entry) {
  Ejection state = entry->health->ejection();
  auto known = reported_.find(entry.get());
  if ((known == reported_.end() ? Ejection::none : known->second) == state) return;
  if (state == Ejection::none) {
    reported_.erase(known);
    log::info("server is back in service", {{"service", entry->service}, {"server", entry->url}});
  } else {
    reported_[entry.get()] = state;
    log::warn("server is out of service",
              {{"service", entry->service}, {"server", entry->url}, {"reason", words(state)}});
  }
}

io::Duration Checker::jittered(io::Duration interval) {
  std::uniform_int_distribution<int64_t> tenth(-interval.count() / 10, interval.count() / 10);
  return std::max(interval + io::Duration(tenth(random_)), io::Duration{1});
}

// Ends by itself when the configuration no longer has this check.
io::Task<void> Checker::check(EntryPtr entry, CheckPtr check) {
  unsigned in_row = 0;
  while (table_.has(*entry) && entry->check == check) {
    if (checks_under_way_ >= kMostChecks) {
      Result<void> slept = co_await io::sleep_for(jittered(kTurn), scope_);
      if (!slept) break;
      continue;
    }
    ++checks_under_way_;
    auto answer = co_await fetch_.send(check_request(*entry), *scope_);
    --checks_under_way_;
    if (scope_->is_cancelled() || !table_.has(*entry) || entry->check != check) break;
    judge(*entry, *check, fault_of(*check, answer), in_row);
    io::Duration pause =
        entry->health->is_checked_down() ? check->unhealthy_interval : check->interval;
    Result<void> slept = co_await io::sleep_for(jittered(pause), scope_);
    if (!slept) break;
  }
  checked_.erase({entry.get(), check.get()});
}

// `in_row` counts verdicts against the state that the server is in.
void Checker::judge(const Entry& entry, const upstream::HealthCheck& check,
                    const std::optional<std::string>& fault, unsigned& in_row) {
  upstream::EndpointHealth& health = *entry.health;
  bool is_first = health.is_pending();
  bool is_against = health.is_checked_down() == !fault.has_value();
  in_row = is_against ? in_row + 1 : 0;
  unsigned needed = fault ? check.fall : check.rise;
  if (!is_first && in_row < needed) return;
  in_row = 0;
  if (!health.set_checked(!fault)) return;
  if (fault) {
    log::warn("health check failed: server is out of service",
              {{"service", entry.service}, {"server", entry.url}, {"error", *fault}});
  } else {
    log::info("health check passed: server is in service",
              {{"service", entry.service}, {"server", entry.url}});
  }
}

io::Task<void> Checker::ping(EntryPtr entry) {
  entry->health->ping_began(now());
  bool is_alive = co_await answers_ping(*entry, fetch_, kPingLimit, *scope_);
  entry->health->ping_ended(now(), is_alive);
  pinged_.erase(entry.get());
}

// Whether a server that is out may come back.
io::Task<bool> Checker::is_back(const EntryPtr& entry) {
  Ejection why = entry->health->ejection();
  if (why == Ejection::unreachable)
    co_return co_await can_connect(*entry, resolver_, kConnectLimit, *scope_);
  if (now() < entry->health->out_until()) co_return false;
  co_return co_await answers_ping(*entry, fetch_, kPingLimit, *scope_);
}

io::Task<void> Checker::watch(EntryPtr entry) {
  io::Duration pause = kFirstLook;
  while (entry->health->is_ejected() && table_.has(*entry)) {
    Result<void> slept = co_await io::sleep_for(pause, scope_);
    if (!slept) break;
    bool is_well = co_await is_back(entry);
    if (scope_->is_cancelled()) break;
    if (is_well) entry->health->readmit(now());
    io::Duration longest =
        std::max(kLongestPause, kPauseForEach * static_cast<int64_t>(watched_.size()));
    pause = std::min(pause * 2, longest);
  }
  watched_.erase(entry.get());
  if (!table_.has(*entry)) {
    reported_.erase(entry.get());
  } else {
    attend();
  }
}

}  // namespace fairlead::health
