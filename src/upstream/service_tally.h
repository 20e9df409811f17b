// What one worker knows of one service besides its servers: how long response heads take, and how
// many extra requests (retries, hedges) it may still send. Lives in the worker's slot, so it
// survives reloads. One thread.
#pragma once

#include <array>
#include <cstdint>

#include "io/timer_wheel.h"

namespace fairlead::upstream {

// How long response heads take. A coarse histogram that forgets.
class HeadTimes {
 public:
  void note(io::Duration time);
  // Upper ends of the classes that the middle one and the 99th of 100 fall into; 0 at first.
  io::Duration usual() const { return usual_; }
  io::Duration slow() const { return slow_; }

 private:
  static constexpr size_t kClasses = 20;   // 1 ms, 2 ms, 4 ms …
  static constexpr uint32_t kMost = 2048;  // then every count is halved

  std::array<uint32_t, kClasses> counts_{};
  uint32_t total_ = 0, until_look_ = 1;
  io::Duration usual_{0}, slow_{0};

  io::Duration exceeded_by(unsigned percent) const;
};

// Extra requests: a share of the ordinary ones, and some a second where there are few. Saved up
// for the moment when a server dies.
class ExtraBudget {
 public:
  static constexpr int64_t kShare = 200;       // thousandths of an extra request for each ordinary
  static constexpr int64_t kSecond = 10'000;   // thousandths a second
  static constexpr int64_t kMost = 1'000'000;  // thousandths saved up
  static constexpr int64_t kAtFirst = 100'000;

  void note_request() { saved_ = saved_ + kShare < kMost ? saved_ + kShare : kMost; }
  bool take(io::TimePoint now);
  int64_t saved() const { return saved_ / 1000; }

 private:
  int64_t saved_ = kAtFirst;
  io::TimePoint refilled_{};
};

struct ServiceTally {
  static constexpr io::Duration kLeastPatience{250};
  static constexpr io::Duration kLeastLongPatience{1000};

  HeadTimes heads;
  io::Duration slowest_connect{0};  // of late
  ExtraBudget budget;

  void note_connect(io::Duration time);
  // Until a request that waits for its head may go elsewhere when its server answers no ping.
  io::Duration patience() const;
  // The same when it does: then only what is slow for this service counts.
  io::Duration long_patience() const;
  // Until a connection that does not come about is given up while there are other servers.
  io::Duration connect_patience() const;
};

}  // namespace fairlead::upstream
