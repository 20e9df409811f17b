// What is known of one server of one service: the verdict of its active checks, what requests to it
// have shown, and whether it is out of the rotation. Relaxed atomics: workers and the control
// thread both write, a worker reads one word for each choice. Kept by HealthTable under the
// identity (service, URL), so it survives every configuration change that keeps both.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "io/timer_wheel.h"

namespace fairlead::upstream {

// Why a server is out of the rotation.
enum class Ejection : uint8_t {
  none,
  unreachable,  // connections are refused, or do not come about
  broken,       // connections end before a response head
  silent,       // answers nothing at all, not even a ping, while its peers answer
  stuck,        // answers pings but no requests, while its peers answer
  failing,      // answers with server errors, while its peers do not
};
std::string_view words(Ejection why);

// Tells the control thread that some server needs attention. Raising is cheap, from any thread.
class HealthAlarm {
 public:
  // Before workers start; called from any thread, once until the next lower().
  void on_raise(std::function<void()> call) { call_ = std::move(call); }
  void raise() {
    if (!is_raised_.exchange(true, std::memory_order_acq_rel) && call_) call_();
  }
  void lower() { is_raised_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> is_raised_{false};
  std::function<void()> call_;
};

class EndpointHealth {
 public:
  // A server that comes back takes its share step by step.
  static constexpr io::Duration kSlowStart{5000};
  // So many connections in a row that break before a head.
  static constexpr uint32_t kBrokenInRow = 3;

  explicit EndpointHealth(std::shared_ptr<HealthAlarm> alarm) : alarm_(std::move(alarm)) {}

  // In the rotation, as far as is known. A returning server says yes ever more often.
  bool takes(io::TimePoint now) const {
    uint32_t state = state_.load(std::memory_order_relaxed);
    return state == 0 || (state == kWarming && passes_slow_start(now));
  }
  bool is_up() const { return (state_.load(std::memory_order_relaxed) & ~kWarming) == 0; }
  Ejection ejection() const { return reason_of(state_.load(std::memory_order_relaxed)); }
  bool is_ejected() const { return ejection() != Ejection::none; }

  // What attempts show; any worker.
  //
  // A response head came. Brings a silent server back.
  void note_answer(io::TimePoint now, bool is_server_error) {
    if (now.time_since_epoch().count() - last_answer_.load(std::memory_order_relaxed) >= kGrainMs)
      set_spoke(now);
    if (broken_.load(std::memory_order_relaxed) != 0) broken_.store(0, std::memory_order_relaxed);
    if (is_server_error || error_score_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      score(is_server_error);
    if (state_.load(std::memory_order_relaxed) >= kFirstEjection) [[unlikely]]
      answered_while_out(now);
  }
  // It said something that is no answer yet.
  void note_sign(io::TimePoint now) { last_sign_.store(ms(now), std::memory_order_relaxed); }
  // A connection broke before a head; true when that makes too many in a row.
  bool note_broken() { return broken_.fetch_add(1, std::memory_order_relaxed) + 1 >= kBrokenInRow; }
  // The answer to which the head belonged ended well, or broke off; true as for note_broken().
  bool note_end(bool is_torn) {
    if (!is_torn) {
      if (torn_.load(std::memory_order_relaxed) != 0) torn_.store(0, std::memory_order_relaxed);
      return false;
    }
    return torn_.fetch_add(1, std::memory_order_relaxed) + 1 >= kBrokenInRow;
  }
  // passiveHealthCheck: counts within its window; true when there are `most` of them.
  bool note_failure_in_window(io::TimePoint now, io::Duration window, uint32_t most);

  // Share of server errors among the latest answers, 0 to 1024.
  static constexpr uint32_t kAllErrors = 1024;
  uint32_t error_score() const { return error_score_.load(std::memory_order_relaxed); }
  io::TimePoint last_answer() const { return at(last_answer_); }
  // An answer, or the answer to a ping.
  io::TimePoint last_sign() const { return at(last_sign_); }

  // Requests that wait for longer than is usual.
  void begin_long_wait() { long_waits_.fetch_add(1, std::memory_order_relaxed); }
  void end_long_wait() { long_waits_.fetch_sub(1, std::memory_order_relaxed); }
  uint32_t long_waits() const { return long_waits_.load(std::memory_order_relaxed); }

  // Out of the rotation. Facts (unreachable) replace suspicions. `at_least` is how long it stays
  // out whatever pings say; it doubles when it was out not long ago. False when it was out already.
  bool eject(Ejection why, io::TimePoint now, io::Duration at_least = io::Duration{0});
  // Back, with a slow start. False when it was not out.
  bool readmit(io::TimePoint now);
  io::TimePoint out_until() const { return at(out_until_); }

  // Asks the control thread for a ping, at most one at a time.
  void ask_for_ping(io::TimePoint now);
  bool wants_ping() const { return ping_asked_.load(std::memory_order_relaxed) != 0; }
  // Whether a ping has been under way for so long without an answer.
  bool is_ping_unanswered(io::TimePoint now, io::Duration for_at_least) const;
  void ping_began(io::TimePoint now) { ping_began_.store(ms(now), std::memory_order_relaxed); }
  // `is_answered`: the server gave a sign of life.
  void ping_ended(io::TimePoint now, bool is_answered);

  // Active checks; control thread.
  void await_first_check() { state_.fetch_or(kPending, std::memory_order_relaxed); }
  bool is_pending() const { return (state_.load(std::memory_order_relaxed) & kPending) != 0; }
  bool is_checked_down() const { return (state_.load(std::memory_order_relaxed) & kDown) != 0; }
  // The verdict; true when it changed (or is the first that is bad).
  bool set_checked(bool is_up);
  // The check was taken out of the configuration.
  void forget_checks() { state_.fetch_and(~(kDown | kPending), std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kDown = 1, kPending = 2, kWarming = 4, kFirstEjection = 8;
  // Why so coarse: one store in 8 ms instead of one an answer.
  static constexpr int64_t kGrainMs = 8;

  static int64_t ms(io::TimePoint time) { return time.time_since_epoch().count(); }
  static io::TimePoint at(const std::atomic<int64_t>& ms) {
    return io::TimePoint(io::Duration(ms.load(std::memory_order_relaxed)));
  }
  static Ejection reason_of(uint32_t state) {
    return static_cast<Ejection>(state / kFirstEjection);
  }
  bool passes_slow_start(io::TimePoint now) const;
  void set_spoke(io::TimePoint now);
  void score(bool is_server_error);
  void answered_while_out(io::TimePoint now);

  mutable std::atomic<uint32_t> state_{0};
  std::atomic<uint32_t> broken_{0}, torn_{0}, error_score_{0}, long_waits_{0}, ejections_{0};
  mutable std::atomic<uint32_t> dice_{0};
  std::atomic<int64_t> last_answer_{0}, last_sign_{0};
  std::atomic<int64_t> ejected_at_{0}, out_until_{0}, returned_at_{0};
  std::atomic<int64_t> ping_asked_{0}, ping_began_{0};
  std::atomic<int64_t> window_began_{0};
  std::atomic<uint32_t> window_failures_{0};
  std::shared_ptr<HealthAlarm> alarm_;
};

}  // namespace fairlead::upstream
