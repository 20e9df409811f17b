// A message body is a pull source: whoever wants bytes asks for the next chunk; not asking is
// backpressure. A body that changes another (compress, limit, count, replay) is another Body around
// it. Owned by the exchange's arena; one thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/block_pool.h"
#include "base/result.h"
#include "http/message.h"
#include "io/task.h"

namespace fairlead::http {

// A counted block of bytes from the thread's BlockPool. Not shared between threads.
struct Buffer {
  static constexpr size_t kBlockBytes = 64 * 1024;
  uint32_t references;
  uint32_t block_bytes;
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  size_t capacity() const { return block_bytes - sizeof(Buffer); }

  // With one reference. `block_bytes` includes this header.
  static Buffer* take(size_t block_bytes = kBlockBytes);
  void hold() { ++references; }
  void drop() {
    if (--references == 0) BlockPool::give(this, block_bytes);
  }
};

// Some bytes of a body: a counted slice of a Buffer, or a view of memory that outlives the body
// (buffer null). An empty chunk marked as end is the end of the body.
class Chunk {
 public:
  Chunk() = default;
  // Shares: takes a reference of its own.
  Chunk(Buffer* buffer, std::string_view bytes, bool is_last = false)
      : bytes_(bytes), buffer_(buffer), is_last_(is_last) {
    if (buffer_ != nullptr) buffer_->hold();
  }
  static Chunk of_static(std::string_view bytes, bool is_last = false) {
    return Chunk(nullptr, bytes, is_last);
  }
  static Chunk end() { return Chunk(nullptr, {}, true); }
  Chunk(Chunk&& other) noexcept
      : bytes_(other.bytes_),
        buffer_(std::exchange(other.buffer_, nullptr)),
        is_last_(other.is_last_) {}
  Chunk& operator=(Chunk&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(buffer_, other.buffer_);
    std::swap(is_last_, other.is_last_);
    return *this;
  }
  ~Chunk() {
    if (buffer_ != nullptr) buffer_->drop();
  }

  std::string_view bytes() const { return bytes_; }
  // Nothing follows this chunk but trailers.
  bool is_last() const { return is_last_; }

 private:
  std::string_view bytes_;
  Buffer* buffer_ = nullptr;
  bool is_last_ = false;
};

class Body {
 public:
  virtual ~Body() = default;
  // The next bytes (never empty unless last), ready at once when they are buffered. After the last
  // chunk: not called.
  virtual io::Task<Result<Chunk>> read() = 0;
  // Valid after the last chunk; null when there were none.
  virtual const HeaderMap* trailers() const { return nullptr; }
  // True once the last chunk has been handed out.
  virtual bool is_finished() const = 0;
  // Bytes to come in all when known before reading (a fixed length), else -1.
  virtual int64_t length() const = 0;
  // Handed out so far.
  virtual uint64_t bytes_read() const { return 0; }
};

// A body that is one piece of memory.
class FixedBody final : public Body {
 public:
  explicit FixedBody(std::string_view bytes) : bytes_(bytes) {}
  io::Task<Result<Chunk>> read() override {
    is_finished_ = true;
    return Chunk::of_static(bytes_, true);
  }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return static_cast<int64_t>(bytes_.size()); }

 private:
  std::string_view bytes_;
  bool is_finished_ = false;
};

}  // namespace fairlead::http
