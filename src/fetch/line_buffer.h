// Bytes that arrive in pieces, taken out in lines. Pure; used by transfers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::fetch {

class LineBuffer {
 public:
  explicit LineBuffer(size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // False when a line got longer than allowed; the buffer is of no use afterwards.
  bool append(std::string_view bytes);
  // Without "\n" or "\r\n". Empty lines are left out.
  std::optional<std::string> take_line();
  // What is left after the last line end.
  std::optional<std::string> take_rest();
  size_t bytes() const { return text_.size() - start_; }
  bool has_line() const { return lines_ != 0; }

 private:
  std::string text_;
  size_t start_ = 0;
  size_t last_end_ = 0;  // after the last "\n"
  size_t lines_ = 0;
  size_t max_line_bytes_;
};

}  // namespace fairlead::fetch
