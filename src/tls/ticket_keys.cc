#include "tls/ticket_keys.h"

#include <algorithm>

#include <openssl/crypto.h>

#include "tls/digest.h"

namespace fairlead::tls {

TicketKeys& TicketKeys::shared() {
  static TicketKeys keys;
  return keys;
}

void TicketKeys::rotate(Clock::time_point now) {
  if (!keys_.empty() && now - made_ < kRotation) return;
  // Nobody was here for so long that even the newest key is older than the oldest may be.
  if (now - made_ > kRotation * kKept) keys_.clear();
  Key fresh{};
  if (!fill_random(&fresh, sizeof fresh)) return;
  keys_.insert(keys_.begin(), fresh);
  OPENSSL_cleanse(&fresh, sizeof fresh);
  while (keys_.size() > kKept) {
    OPENSSL_cleanse(&keys_.back(), sizeof(Key));
    keys_.pop_back();
  }
  made_ = now;
}

std::optional<TicketKeys::Key> TicketKeys::newest(Clock::time_point now) {
  std::lock_guard lock(mutex_);
  rotate(now);
  if (keys_.empty()) return std::nullopt;
  return keys_.front();
}

std::optional<TicketKeys::Opened> TicketKeys::find(const unsigned char* name,
                                                   Clock::time_point now) {
  std::lock_guard lock(mutex_);
  rotate(now);
  for (const Key& key : keys_) {
    if (std::equal(key.name.begin(), key.name.end(), name))
      return Opened{key, &key == &keys_.front()};
  }
  return std::nullopt;
}

}  // namespace fairlead::tls
