#include "middleware/verified.h"

#include <algorithm>

#include "base/check.h"

namespace fairlead::middleware {

tls::Sha256 fingerprint(std::string_view parts) {
  static const tls::Sha256 key = [] {
    tls::Sha256 bytes{};
    FAIRLEAD_CHECK(tls::fill_random(bytes.data(), bytes.size()));
    return bytes;
  }();
  return tls::hmac_sha256(tls::view(key), parts);
}

size_t VerifiedCache::place_of(const tls::Sha256& key) {
  static_assert(kEntries / kWays <= 256);
  return key[0] % (kEntries / kWays) * kWays;
}

bool VerifiedCache::contains(const tls::Sha256& key, io::TimePoint now) const {
  const Entry* set = &entries_[place_of(key)];
  return std::any_of(set, set + kWays,
                     [&](const Entry& e) { return e.until > now && e.key == key; });
}

void VerifiedCache::add(const tls::Sha256& key, io::TimePoint until) {
  Entry* set = &entries_[place_of(key)];
  Entry* same = std::find_if(set, set + kWays, [&](const Entry& e) { return e.key == key; });
  Entry* oldest =
      std::min_element(set, set + kWays, [](auto& a, auto& b) { return a.until < b.until; });
  *(same != set + kWays ? same : oldest) = {key, until};
}

void CheckInFlight::finish(bool is_right) {
  unlink();
  while (CheckFollower* follower = followers.pop_front()) {
    follower->is_right = is_right;
    follower->done.set();
  }
}

CheckInFlight* VerifiedState::find(const tls::Sha256& key) {
  CheckInFlight* found = nullptr;
  checks.for_each([&](CheckInFlight& check) {
    if (check.key == key) found = &check;
  });
  return found;
}

}  // namespace fairlead::middleware
