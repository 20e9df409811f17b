// The keys that session tickets are sealed with: one set for all workers, so that a client may
// resume with any of them. A new key every twelve hours; the two before it still open tickets,
// which are then replaced. Keys never leave the process. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace fairlead::tls {

class TicketKeys {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kRotation{12};
  static constexpr size_t kKept = 3;  // the newest seals, all of them open

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
  };
  struct Opened {
    Key key;
    bool is_newest = false;
  };

  // The process's.
  static TicketKeys& shared();

  // The key to seal with; nothing when the system has no randomness.
  std::optional<Key> newest(Clock::time_point now);
  std::optional<Opened> find(const unsigned char* name, Clock::time_point now);

 private:
  void rotate(Clock::time_point now);

  std::mutex mutex_;
  std::vector<Key> keys_;  // newest first
  Clock::time_point made_{};
};

}  // namespace fairlead::tls
