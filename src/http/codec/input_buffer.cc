#include "http/codec/input_buffer.h"

#include <cstring>

namespace fairlead::http {
namespace {
// Less room than this at the end of a block is not worth a system call.
constexpr size_t kWorthwhile = 4096;
}  // namespace

std::span<char> InputBuffer::space() {
  if (buffer_ == nullptr) {
    buffer_ = Buffer::take();
    begin_ = end_ = 0;
  }
  bool is_shared = buffer_->references > 1;
  if (!is_shared && begin_ == end_) begin_ = end_ = 0;
  size_t room = buffer_->capacity() - end_;
  if (room >= kWorthwhile) return {buffer_->bytes() + end_, room};

  std::string_view kept = unread();
  if (!is_shared && kept.size() + kWorthwhile <= buffer_->capacity()) {
    std::memmove(buffer_->bytes(), kept.data(), kept.size());
  } else {
    size_t block = buffer_->block_bytes;
    while (block - sizeof(Buffer) < kept.size() + kWorthwhile) block *= 2;
    Buffer* fresh = Buffer::take(block);
    std::memcpy(fresh->bytes(), kept.data(), kept.size());
    buffer_->drop();
    buffer_ = fresh;
  }
  begin_ = 0;
  end_ = static_cast<uint32_t>(kept.size());
  return {buffer_->bytes() + end_, buffer_->capacity() - end_};
}

void InputBuffer::release() {
  if (buffer_ != nullptr) buffer_->drop();
  buffer_ = nullptr;
  begin_ = end_ = 0;
}

}  // namespace fairlead::http
