// A body of which some bytes have been taken already, to be judged before it is sent: they come
// first, then the rest. Lives in the exchange's arena, as the body it goes on with. One thread.
#pragma once

#include <optional>

#include "http/body.h"

namespace fairlead::middleware {

class PrefetchedBody final : public http::Body {
 public:
  PrefetchedBody(Arena& arena, http::Body& rest) : arena_(arena), rest_(rest) {}

  // Takes what is here without waiting, until `enough` bytes are or the end was seen.
  void prefetch(size_t enough);
  size_t prefetched_bytes() const { return bytes_; }
  // The prefetched bytes are the whole body.
  bool has_end() const { return has_end_; }

  io::Task<Result<http::Chunk>> read() override;
  const http::HeaderMap* trailers() const override { return rest_.trailers(); }
  bool is_finished() const override {
    return first_ == nullptr && !failure_ && rest_.is_finished();
  }
  int64_t length() const override {
    return has_end_ ? static_cast<int64_t>(bytes_) : rest_.length();
  }
  uint64_t bytes_read() const override { return rest_.bytes_read(); }

 private:
  struct Piece {
    http::Chunk chunk;
    Piece* next = nullptr;
  };

  Arena& arena_;
  http::Body& rest_;
  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
  size_t bytes_ = 0;
  bool has_end_ = false;
  std::optional<Error> failure_;  // comes after the pieces
  // Asked for, and not here yet.
  std::optional<io::Task<Result<http::Chunk>>> pending_;
};

}  // namespace fairlead::middleware
