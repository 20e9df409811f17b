// A body held whole: in memory up to a bound, the rest in a file without a name that goes with it.
// The file is written and read on the thread pool. In the exchange's arena. One worker.
#pragma once

#include <string>
#include <vector>

#include "http/body.h"

namespace fairlead::middleware {

class Spool {
 public:
  explicit Spool(uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Takes a whole body; body_too_large beyond `most` bytes (0: no bound).
  io::Task<Result<void>> fill(http::Body& source, uint64_t most);
  uint64_t size() const { return size_; }
  // The body from its beginning, as often as asked for. `trailers` may be null.
  http::Body& play(Arena& arena, const http::HeaderMap* trailers) const;

 private:
  class View;
  struct Block {
    http::Buffer* buffer;
    size_t used;
  };

  // What fits into memory; the rest is returned.
  std::string_view keep(std::string_view bytes);
  io::Task<Result<void>> write_staged();

  uint64_t memory_bytes_;
  uint64_t size_ = 0;
  uint64_t in_memory_ = 0;
  std::vector<Block> blocks_;
  std::string staged_;  // to be written
  int file_ = -1;
  uint64_t in_file_ = 0;
};

}  // namespace fairlead::middleware
