// Frames on their way to the socket: one block that many streams' frames share, so that a turn of
// the loop costs one write. Holds no memory while empty. One connection, one thread.
#pragma once

#include <cstring>
#include <string_view>

#include "http/body.h"

namespace fairlead::http {

class H2Output {
 public:
  // The largest frame we send, with its header and padding.
  static constexpr size_t kFrameRoom = 9 + 16 * 1024 + 256;

  H2Output() = default;
  ~H2Output() { release(); }
  H2Output(const H2Output&) = delete;
  H2Output& operator=(const H2Output&) = delete;

  std::string_view unsent() const {
    return buffer_ == nullptr ? std::string_view{}
                              : std::string_view{buffer_->bytes() + begin_, end_ - begin_};
  }
  bool empty() const { return begin_ == end_; }
  size_t room() const {
    return buffer_ == nullptr ? Buffer::kBlockBytes - sizeof(Buffer) : buffer_->capacity() - end_;
  }
  // For any frame.
  bool has_room() const { return room() >= kFrameRoom; }

  // At most room().
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (buffer_ == nullptr) buffer_ = Buffer::take();
    std::memcpy(buffer_->bytes() + end_, bytes.data(), bytes.size());
    end_ += static_cast<uint32_t>(bytes.size());
  }
  void sent(size_t bytes) {
    begin_ += static_cast<uint32_t>(bytes);
    if (empty()) begin_ = end_ = 0;
  }
  void release() {
    if (buffer_ != nullptr) std::exchange(buffer_, nullptr)->drop();
    begin_ = end_ = 0;
  }

 private:
  Buffer* buffer_ = nullptr;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

}  // namespace fairlead::http
