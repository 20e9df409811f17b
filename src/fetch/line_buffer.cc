#include "fetch/line_buffer.h"

#include <algorithm>

namespace fairlead::fetch {

bool LineBuffer::append(std::string_view bytes) {
  if (start_ > text_.size() / 2) {
    text_.erase(0, start_);
    last_end_ -= std::min(last_end_, start_);
    start_ = 0;
  }
  size_t from = text_.size();
  size_t previous_end = std::max(last_end_, start_);
  text_.append(bytes);
  for (size_t at = text_.find('\n', from); at != text_.npos; at = text_.find('\n', at + 1)) {
    if (at - previous_end > max_line_bytes_) return false;
    previous_end = last_end_ = at + 1;
    ++lines_;
  }
  return text_.size() - previous_end <= max_line_bytes_;
}

std::optional<std::string> LineBuffer::take_line() {
  while (lines_ != 0) {
    size_t end = text_.find('\n', start_);
    std::string line = text_.substr(start_, end - start_);
    start_ = end + 1;
    --lines_;
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) return line;
  }
  return std::nullopt;
}

std::optional<std::string> LineBuffer::take_rest() {
  if (bytes() == 0) return std::nullopt;
  std::string rest = text_.substr(start_);
  start_ = last_end_ = text_.size();
  lines_ = 0;
  return rest;
}

}  // namespace fairlead::fetch
