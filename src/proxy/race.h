// The tries of one exchange at the servers of a service. Usually one; another follows when it fails
// and the request may be sent again; and while a safe request waits at a server that has fallen
// silent, another server is asked beside it: the first answer wins, the others are given up. What
// is learnt of servers on the way goes to the Judge. In the exchange's arena. One worker.
#pragma once

#include "pipeline/replay_body.h"
#include "proxy/attempt.h"
#include "proxy/load_balancer.h"
#include "upstream/service_tally.h"

namespace fairlead::proxy {

class Race final : private pipeline::Ending {
 public:
  static constexpr size_t kMostAttempts = 5;

  // So much of a request's body is kept for another try.
  static constexpr uint64_t kMostReplayed = 64 * 1024;

  Race(pipeline::Exchange& x, const LoadBalancer& service, upstream::ServiceTally& tally);
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  io::Task<pipeline::Reply> run();
  // After run() failed: the request may still be sent somewhere.
  bool may_go_on() const { return attempts_ != 0 && may_try_again(last_); }
  // The request's body from its beginning, for the next try.
  void rewind();

 private:
  // A try that waits for longer than is usual, beside others.
  struct Runner {
    explicit Runner(Attempt& of) : attempt(of) {}
    Attempt& attempt;
    Result<bool> outcome{false};
    bool is_done = false, is_counted = false;
  };

  const upstream::Endpoint* pick(bool is_last_resort) const;
  const upstream::Endpoint* pick_elsewhere() const;
  Attempt* next();
  Attempt* next_beside();
  Attempt* begin(const upstream::Endpoint& endpoint, Attempt::Manner how);
  io::Task<pipeline::Reply> wait_long(Attempt& first);
  io::Task<void> drive(Runner& runner, bool is_sent);
  void start(Attempt& attempt, bool is_sent);
  void collect();
  Attempt* winner() const;
  bool wants_another() const;
  void stop_waiting();
  pipeline::Reply won(Attempt& attempt);
  void lost(Attempt& attempt, const Error& error);
  void ended(const observe::Record& record) override;
  bool may_try_again(const Error& error) const;
  bool may_spend(const Error& error);
  bool is_safe() const;
  bool has_body_still() const;
  io::TimePoint now() const { return x_.worker().loop().now(); }

  pipeline::Exchange& x_;
  const LoadBalancer& service_;
  upstream::ServiceTally& tally_;
  const upstream::Endpoint* tried_[kMostAttempts];
  size_t tried_count_ = 0;
  unsigned attempts_ = 0;
  bool was_impatient_ = false;  // a connection was given up that might have come about
  bool is_patient_ = false;
  Error last_{Code::no_server, Side::self, Stage::route, Retry::never, 0};
  Runner* runners_[kMostAttempts];
  size_t runner_count_ = 0;
  io::Event changed_;
  const upstream::Endpoint* answers_ = nullptr;
  pipeline::ReplayBody* replay_ = nullptr;
};

}  // namespace fairlead::proxy
