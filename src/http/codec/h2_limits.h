// What one HTTP/2 connection may ask of us, and the buckets that hold it to that: resets, odd
// frames, header memory. Pure values told the time; one connection, one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "io/timer_wheel.h"

namespace fairlead::http {

// The names of attacks these answer are in docs/http2.md.
struct H2Limits {
  uint32_t max_concurrent_streams = 100;
  uint32_t stream_window = 64 * 1024;
  uint32_t connection_window = 1024 * 1024;
  uint32_t decoder_table_bytes = 4096;  // HPACK, what the client may make us keep
  uint32_t encoder_table_bytes = 4096;  // HPACK, what we keep at most for the client

  // Of one head, while it is decoded. Every field and crumb is charged kFieldCharge besides its
  // text.
  uint32_t fields = 100;
  uint32_t crumbs = 256;  // Cookie fields: browsers send one for each cookie
  uint32_t head_bytes = 32 * 1024;
  uint32_t field_bytes = 8 * 1024;
  uint32_t connection_head_bytes = 256 * 1024;  // of all open streams
  uint32_t continuations = 8;                   // frames of one head

  uint32_t reset_burst = 100;
  uint32_t resets_per_second = 10;
  uint32_t glitch_points = 1000;
  uint32_t glitches_per_second = 100;
  uint32_t queued_frames = 1000;  // waiting to be sent, DATA aside
  uint32_t queued_acks = 200;     // of those, answers to PING and SETTINGS
};

inline constexpr uint32_t kFieldCharge = 64;
// A head this many times over its limits is no accident: the connection ends.
inline constexpr uint32_t kFloodFactor = 4;

// So many at once, and so many a second.
class TokenBucket {
 public:
  TokenBucket(uint32_t burst, uint32_t per_second)
      : burst_thousandths_(uint64_t{burst} * 1000), per_second_(per_second) {}

  // False when there were fewer than `points` left; then nothing is left.
  bool take(uint32_t points, io::TimePoint now);
  // Of the burst, 0 to 100.
  uint32_t percent_spent() const;

 private:
  uint64_t burst_thousandths_;
  uint64_t spent_thousandths_ = 0;
  uint32_t per_second_;
  io::TimePoint last_{};
};

// Frames that are legal and cost us work without moving a request on: HAProxy's idea of one counter
// for all of them.
class GlitchMeter {
 public:
  explicit GlitchMeter(const H2Limits& limits)
      : bucket_(limits.glitch_points, limits.glitches_per_second) {}

  enum class Verdict : uint8_t { fine, go_away, close };
  Verdict charge(uint32_t points, io::TimePoint now);
  // WINDOW_UPDATE and PING belong to transfers: each DATA frame, whichever way, pays for a few of
  // them.
  Verdict charge_paced(io::TimePoint now);
  // A DATA frame of so many bytes. Small ones come about in honest transfers too, where a window
  // does not divide by the frame size; they earn as long as larger ones come along, which a
  // dribbling client never lets happen (CVE-2019-9511).
  void earn(size_t bytes) {
    bulk_ = std::min(bulk_ + bytes, kMaxBulk);
    if (bytes < kSmallFrame) {
      if (bulk_ < kBulkPerSmallFrame) return;
      bulk_ -= kBulkPerSmallFrame;
    }
    if (allowance_ < kMaxAllowance) allowance_ += kPerDataFrame;
  }
  // A frame that we sent and that carried all there was: its size is the service's choice and not
  // the client's. gRPC streams are many of these, and each is answered by credit for two windows.
  void earn_whole(size_t bytes) {
    bulk_ = std::min(bulk_ + bytes, kMaxBulk);
    allowance_ = std::min(allowance_ + kPerWholeFrame, kMaxAllowance);
  }

 private:
  static constexpr uint32_t kPerWholeFrame = 8;
  static constexpr uint32_t kPerDataFrame = 4;
  static constexpr uint32_t kMaxAllowance = 1000;
  static constexpr size_t kSmallFrame = 128;
  static constexpr size_t kBulkPerSmallFrame = 512;
  static constexpr size_t kMaxBulk = size_t{1} << 20;

  TokenBucket bucket_;
  uint32_t allowance_ = 100;
  size_t bulk_ = 16 * 1024;
};

// Points.
inline constexpr uint32_t kSettingsGlitch = 10;
inline constexpr uint32_t kInvalidFrameGlitch = 10;
inline constexpr uint32_t kEmptyDataGlitch = 5;
inline constexpr uint32_t kRefusedStreamGlitch = 5;
inline constexpr uint32_t kOddFrameGlitch = 1;  // PRIORITY, unknown frames, stray acknowledgements
inline constexpr uint32_t kSmallWindowUpdate = 128;  // an increment below this is a dribble

}  // namespace fairlead::http
