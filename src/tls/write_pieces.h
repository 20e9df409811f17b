// Cuts what is to be written into TLS records. For tls_stream.cc only.
#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include <sys/uio.h>

namespace fairlead::tls {

inline constexpr size_t kRecordBytes = 16 * 1024;

// Pieces of a record's size: views where a part is large, gathered copies
// where parts are small.
class Pieces {
 public:
  Pieces(std::span<const iovec> parts, size_t skipped) : parts_(parts), offset_(skipped) {
    skip_finished();
  }

  // "" at the end.
  std::string_view next() {
    if (parts_.empty()) return {};
    std::string_view part = front();
    if (part.size() >= kRecordBytes || parts_.size() == 1)
      return take(part.substr(0, kRecordBytes));
    thread_local char gathered[kRecordBytes];
    size_t size = 0;
    while (!parts_.empty() && size < kRecordBytes) {
      std::string_view some = take(front().substr(0, kRecordBytes - size));
      if (!some.empty()) std::memcpy(gathered + size, some.data(), some.size());
      size += some.size();
    }
    return {gathered, size};
  }

 private:
  std::string_view front() const {
    return {static_cast<const char*>(parts_.front().iov_base) + offset_,
            parts_.front().iov_len - offset_};
  }
  std::string_view take(std::string_view some) {
    offset_ += some.size();
    skip_finished();
    return some;
  }
  void skip_finished() {
    while (!parts_.empty() && offset_ >= parts_.front().iov_len) {
      offset_ -= parts_.front().iov_len;
      parts_ = parts_.subspan(1);
    }
  }

  std::span<const iovec> parts_;
  size_t offset_;
};

}  // namespace fairlead::tls
