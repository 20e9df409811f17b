// Nonces of digestAuth: made without remembering (time, number and a keyed hash), good for a while,
// each use of one counted so that nothing can be sent again. Shared by all workers; bounded.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "middleware/source_table.h"

namespace fairlead::middleware {

class DigestNonces {
 public:
  using Time = std::chrono::milliseconds;  // of any one clock
  static constexpr size_t kChars = 64;
  static constexpr Time kLifetime{10 * 60 * 1000};

  std::string make(Time now);

  enum class Verdict : uint8_t { fresh, stale, foreign };
  // `count` is nc: may come out of order, but each only once.
  Verdict use(std::string_view nonce, uint32_t count, Time now);

 private:
  struct Uses {
    Time made{0};
    uint32_t highest = 0;
    uint64_t seen = 0;  // bit n: highest - n
  };
  std::atomic<uint64_t> number_{0};
  SourceTable<Uses> uses_;
};

}  // namespace fairlead::middleware
