// Bytes received and not yet parsed, for one connection. Chunks handed out are counted slices of
// the same memory: while one is held elsewhere, new bytes go into a fresh block. Holds no memory
// while empty. One thread.
#pragma once

#include <span>
#include <string_view>

#include "http/body.h"

namespace fairlead::http {

class InputBuffer {
 public:
  InputBuffer() = default;
  ~InputBuffer() { release(); }
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  std::string_view unread() const {
    return buffer_ == nullptr ? std::string_view{}
                              : std::string_view{buffer_->bytes() + begin_, end_ - begin_};
  }
  bool empty() const { return begin_ == end_; }
  void consume(size_t bytes) { begin_ += static_cast<uint32_t>(bytes); }

  // Room to receive into, never empty: what is unread stays contiguous in front of it, moved or
  // grown when it must be.
  std::span<char> space();
  void filled(size_t bytes) { end_ += static_cast<uint32_t>(bytes); }

  // A part of what has been handed in, kept alive by the chunk.
  Chunk slice(std::string_view part, bool is_last) { return Chunk(buffer_, part, is_last); }

  // Gives the memory back when nothing is unread.
  void release_if_empty() {
    if (empty()) release();
  }

 private:
  void release();

  Buffer* buffer_ = nullptr;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

}  // namespace fairlead::http
