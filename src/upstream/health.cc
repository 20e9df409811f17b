#include "upstream/health.h"

#include <algorithm>

namespace fairlead::upstream {
namespace {

// A server that was out less than this ago stays out longer the next time.
constexpr int64_t kMemoryMs = 60'000;
constexpr uint32_t kMostDoublings = 5;
// Weight of one answer in the share of errors: 22 errors in a row make three quarters.
constexpr uint32_t kErrorWeight = 16;
// What a returning server starts with of its share.
constexpr double kFirstShare = 0.1;

}  // namespace

std::string_view words(Ejection why) {
  switch (why) {
    case Ejection::none:
      return "in service";
    case Ejection::unreachable:
      return "cannot be connected to";
    case Ejection::broken:
      return "breaks connections before it answers";
    case Ejection::silent:
      return "answers nothing while its peers answer";
    case Ejection::stuck:
      return "leaves requests unanswered while its peers answer";
    case Ejection::failing:
      return "answers with errors while its peers do not";
  }
  return "";
}

void EndpointHealth::set_spoke(io::TimePoint now) {
  last_answer_.store(ms(now), std::memory_order_relaxed);
  last_sign_.store(ms(now), std::memory_order_relaxed);
}

void EndpointHealth::score(bool is_server_error) {
  uint32_t before = error_score_.load(std::memory_order_relaxed);
  uint32_t after = before - before / kErrorWeight;
  if (is_server_error) after += kAllErrors / kErrorWeight;
  if (!is_server_error && after < kErrorWeight) after = 0;
  error_score_.store(std::min(after, kAllErrors), std::memory_order_relaxed);
}

void EndpointHealth::answered_while_out(io::TimePoint now) {
  if (ejection() == Ejection::silent) readmit(now);
}

bool EndpointHealth::note_failure_in_window(io::TimePoint now, io::Duration window, uint32_t most) {
  if (ms(now) - window_began_.load(std::memory_order_relaxed) >= window.count()) {
    window_began_.store(ms(now), std::memory_order_relaxed);
    window_failures_.store(0, std::memory_order_relaxed);
  }
  return window_failures_.fetch_add(1, std::memory_order_relaxed) + 1 >= most;
}

bool EndpointHealth::eject(Ejection why, io::TimePoint now, io::Duration at_least) {
  uint32_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    bool was_out = reason_of(state) != Ejection::none;
    bool is_news = !was_out || (why == Ejection::unreachable && reason_of(state) != why);
    if (!is_news) return false;
    uint32_t next = (state & (kDown | kPending)) | static_cast<uint32_t>(why) * kFirstEjection;
    if (!state_.compare_exchange_weak(state, next, std::memory_order_relaxed)) continue;
    if (was_out) {
      out_until_.store(0, std::memory_order_relaxed);
      return false;
    }
    break;
  }
  bool is_again = ms(now) - returned_at_.load(std::memory_order_relaxed) < kMemoryMs &&
                  returned_at_.load(std::memory_order_relaxed) != 0;
  uint32_t times = is_again ? ejections_.fetch_add(1, std::memory_order_relaxed) + 1 : 0;
  if (!is_again) ejections_.store(0, std::memory_order_relaxed);
  int64_t out = at_least.count() << std::min(times, kMostDoublings);
  ejected_at_.store(ms(now), std::memory_order_relaxed);
  out_until_.store(ms(now) + out, std::memory_order_relaxed);
  if (alarm_ != nullptr) alarm_->raise();
  return true;
}

bool EndpointHealth::readmit(io::TimePoint now) {
  uint32_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if (reason_of(state) == Ejection::none) return false;
    uint32_t next = (state & (kDown | kPending)) | kWarming;
    // The time first: whoever sees the server back must see since when.
    returned_at_.store(ms(now), std::memory_order_relaxed);
    if (state_.compare_exchange_weak(state, next, std::memory_order_release)) break;
  }
  broken_.store(0, std::memory_order_relaxed);
  torn_.store(0, std::memory_order_relaxed);
  // Half way to the next ejection: what failed before has less credit.
  uint32_t score = error_score_.load(std::memory_order_relaxed);
  error_score_.store(std::min(score, kAllErrors / 2), std::memory_order_relaxed);
  if (alarm_ != nullptr) alarm_->raise();
  return true;
}

bool EndpointHealth::passes_slow_start(io::TimePoint now) const {
  int64_t since = ms(now) - returned_at_.load(std::memory_order_relaxed);
  if (since >= kSlowStart.count()) {
    state_.fetch_and(~kWarming, std::memory_order_relaxed);
    return true;
  }
  double share = kFirstShare + (1 - kFirstShare) *
                                   static_cast<double>(std::max<int64_t>(since, 0)) /
                                   static_cast<double>(kSlowStart.count());
  // The golden ratio's multiples spread evenly: every short run has its share.
  uint32_t place = dice_.fetch_add(1, std::memory_order_relaxed) * 2654435769u;
  return place < share * 4294967296.0;
}

void EndpointHealth::ask_for_ping(io::TimePoint now) {
  int64_t nobody = 0;
  if (ping_began_.load(std::memory_order_relaxed) != 0) return;
  if (!ping_asked_.compare_exchange_strong(nobody, ms(now), std::memory_order_relaxed)) return;
  if (alarm_ != nullptr) alarm_->raise();
}

bool EndpointHealth::is_ping_unanswered(io::TimePoint now, io::Duration for_at_least) const {
  int64_t began = ping_began_.load(std::memory_order_relaxed);
  return began != 0 && ms(now) - began >= for_at_least.count();
}

void EndpointHealth::ping_ended(io::TimePoint now, bool is_answered) {
  if (is_answered) note_sign(now);
  ping_began_.store(0, std::memory_order_relaxed);
  ping_asked_.store(0, std::memory_order_relaxed);
}

bool EndpointHealth::set_checked(bool is_up) {
  uint32_t before = is_up ? state_.fetch_and(~(kDown | kPending), std::memory_order_relaxed)
                          : state_.fetch_or(kDown, std::memory_order_relaxed);
  if (!is_up) state_.fetch_and(~kPending, std::memory_order_relaxed);
  return ((before & kDown) != 0) == is_up;
}

}  // namespace fairlead::upstream
