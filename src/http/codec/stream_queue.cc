#include "http/codec/stream_queue.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace fairlead::http {
namespace {
constexpr size_t kSmallestBlock = 256;
}

void StreamQueue::append_block(size_t wanted) {
  size_t bytes = std::clamp(wanted + sizeof(Buffer) + sizeof(Node), kSmallestBlock, kBlockBytes);
  Buffer* block = Buffer::take(bytes);
  ::new (block->bytes()) Node{nullptr, sizeof(Node), sizeof(Node)};
  if (back_ != nullptr) node_of(*back_).next = block;
  if (front_ == nullptr) front_ = block;
  back_ = block;
}

void StreamQueue::push(std::string_view bytes, size_t expected) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (back_ == nullptr || node_of(*back_).end == back_->capacity()) {
      append_block(expected == 0 ? kBlockBytes : std::max(expected, bytes.size()));
    }
    Node& node = node_of(*back_);
    size_t part = std::min(bytes.size(), back_->capacity() - node.end);
    std::memcpy(back_->bytes() + node.end, bytes.data(), part);
    node.end += static_cast<uint32_t>(part);
    bytes.remove_prefix(part);
    if (expected != 0) expected = std::max<size_t>(expected - std::min(expected, part), 1);
  }
}

Chunk StreamQueue::pop(bool is_last) {
  Node& node = node_of(*front_);
  Chunk chunk(front_, {front_->bytes() + node.begin, node.end - node.begin}, is_last);
  bytes_ -= chunk.bytes().size();
  drop_front();
  return chunk;
}

size_t StreamQueue::take(char* into, size_t room) {
  size_t taken = 0;
  while (taken < room && bytes_ != 0) {
    Node& node = node_of(*front_);
    size_t part = std::min<size_t>(room - taken, node.end - node.begin);
    std::memcpy(into + taken, front_->bytes() + node.begin, part);
    node.begin += static_cast<uint32_t>(part);
    taken += part;
    bytes_ -= part;
    if (node.begin == node.end) drop_front();
  }
  return taken;
}

void StreamQueue::drop_front() {
  Buffer* gone = front_;
  front_ = node_of(*gone).next;
  if (front_ == nullptr) back_ = nullptr;
  gone->drop();
}

void StreamQueue::clear() {
  while (front_ != nullptr) drop_front();
  bytes_ = 0;
}

}  // namespace fairlead::http
