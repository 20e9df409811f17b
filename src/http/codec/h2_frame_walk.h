// Follows the frames in what a client sends, one header at a time, so that each can be judged
// before nghttp2 acts on it: nghttp2 ignores some kinds without a word. Holds one frame header. One
// connection, one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace fairlead::http {

class H2FrameWalk {
 public:
  static constexpr uint8_t kHeaders = 1, kPriority = 2, kContinuation = 9;
  static constexpr uint8_t kEndHeaders = 4;

  struct Header {
    uint32_t length = 0;
    uint8_t type = 0;
    uint8_t flags = 0;
    int32_t id = 0;
    int32_t depends_on = -1;  // PRIORITY
  };

  // How many of the bytes to pass on next: up to the end of the preface, of a header that is not
  // complete, or of the frame. `is_new` tells that header() has just become complete.
  size_t next(std::string_view bytes, bool& is_new) {
    is_new = false;
    if (preface_left_ != 0) {
      size_t part = std::min(preface_left_, bytes.size());
      preface_left_ -= part;
      return part;
    }
    size_t part = 0;
    if (payload_left_ == 0) {
      while (have_ < wanted_ && part < bytes.size()) {
        raw_[have_++] = static_cast<uint8_t>(bytes[part++]);
        if (have_ == kHeaderBytes) read_header();
      }
      if (have_ < wanted_) return part;
      finish_header();
      is_new = true;
    }
    size_t rest = std::min<size_t>(payload_left_, bytes.size() - part);
    payload_left_ -= static_cast<uint32_t>(rest);
    return part + rest;
  }

  const Header& header() const { return header_; }
  // A head, or what may become one, has begun and is not complete.
  bool is_in_head() const {
    if (preface_left_ != 0 || have_ != 0) return true;
    bool is_head = header_.type == kHeaders || header_.type == kContinuation;
    return is_head && (payload_left_ != 0 || (header_.flags & kEndHeaders) == 0);
  }

 private:
  static constexpr uint8_t kHeaderBytes = 9;
  static constexpr uint8_t kDependencyBytes = 4;
  static constexpr uint32_t kPriorityBytes = 5;

  uint32_t word(size_t at) const {
    return uint32_t{raw_[at]} << 24 | uint32_t{raw_[at + 1]} << 16 | uint32_t{raw_[at + 2]} << 8 |
           raw_[at + 3];
  }
  void read_header() {
    header_.length = word(0) >> 8;
    header_.type = raw_[3];
    header_.flags = raw_[4];
    header_.id = static_cast<int32_t>(word(5) & 0x7fffffff);
    header_.depends_on = -1;
    bool is_priority = header_.type == kPriority && header_.length == kPriorityBytes;
    wanted_ = is_priority ? kHeaderBytes + kDependencyBytes : kHeaderBytes;
  }
  void finish_header() {
    uint32_t taken = have_ - kHeaderBytes;
    if (taken != 0) header_.depends_on = static_cast<int32_t>(word(kHeaderBytes) & 0x7fffffff);
    payload_left_ = header_.length - taken;
    have_ = 0;
    wanted_ = kHeaderBytes;
  }

  size_t preface_left_ = 24;
  uint32_t payload_left_ = 0;
  uint8_t have_ = 0;
  uint8_t wanted_ = kHeaderBytes;
  uint8_t raw_[kHeaderBytes + kDependencyBytes] = {};
  Header header_;
};

}  // namespace fairlead::http
