// Bytes of one stream that arrived among those of others and wait to be read. Copied, so that a
// trickle pins no receive buffer: holds at most one block more at each end than the bytes in it.
// One stream, one thread.
#pragma once

#include <string_view>

#include "http/body.h"

namespace fairlead::http {

class StreamQueue {
 public:
  static constexpr size_t kBlockBytes = 16 * 1024;

  StreamQueue() = default;
  ~StreamQueue() { clear(); }
  StreamQueue(const StreamQueue&) = delete;
  StreamQueue& operator=(const StreamQueue&) = delete;

  // `expected` is how many more will come at most, when that is known (else 0): a small body gets a
  // small block.
  void push(std::string_view bytes, size_t expected = 0);
  // The bytes of the front block. Only when not empty.
  Chunk pop(bool is_last);
  // Copies out up to the span's size.
  size_t take(char* into, size_t room);
  void clear();

  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }
  // All of it is in the front block.
  bool is_one_block() const { return front_ == back_; }

 private:
  struct Node {
    Buffer* next;
    uint32_t begin;
    uint32_t end;
  };
  static Node& node_of(Buffer& buffer) { return *reinterpret_cast<Node*>(buffer.bytes()); }
  void append_block(size_t wanted);
  void drop_front();

  Buffer* front_ = nullptr;
  Buffer* back_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace fairlead::http
