// Which credentials one worker has found right lately, and which it is checking right now.
// Credentials are known only by a keyed hash, so that a memory dump shows no passwords. State of a
// WorkerContext slot; one thread.
#pragma once

#include <array>

#include "base/list.h"
#include "io/loop.h"
#include "io/wait.h"
#include "tls/digest.h"

namespace fairlead::middleware {

// Under a key of this process that is made at its start. `parts` are joined unambiguously by the
// caller.
tls::Sha256 fingerprint(std::string_view parts);

// A bounded set that forgets: a newcomer replaces the entry that expires first of its four places.
class VerifiedCache {
 public:
  static constexpr size_t kEntries = 256;
  static constexpr size_t kWays = 4;

  bool contains(const tls::Sha256& key, io::TimePoint now) const;
  void add(const tls::Sha256& key, io::TimePoint until);

 private:
  struct Entry {
    tls::Sha256 key{};
    io::TimePoint until = io::TimePoint::min();
  };
  static size_t place_of(const tls::Sha256& key);
  std::array<Entry, kEntries> entries_{};
};

// Somebody waiting for the outcome of a check that another request began. Lives in the waiting
// frame.
struct CheckFollower : ListHook {
  io::Event done;
  bool is_right = false;
};

// A check under way. Lives in the frame of the request that began it.
struct CheckInFlight : ListHook {
  explicit CheckInFlight(const tls::Sha256& k) : key(k) {}
  tls::Sha256 key;
  List<CheckFollower> followers;
  // Tells the followers and leaves the list.
  void finish(bool is_right);
};

struct VerifiedState {
  VerifiedCache cache;
  List<CheckInFlight> checks;
  CheckInFlight* find(const tls::Sha256& key);
};

}  // namespace fairlead::middleware
