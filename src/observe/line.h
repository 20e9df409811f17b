// A line of text being written into memory somebody else owns: never allocates, never overruns;
// what does not fit is left out and remembered. Used on the stack of one worker.
#pragma once

#include <charconv>
#include <cstring>
#include <string_view>

namespace fairlead::observe {

class Line {
 public:
  Line(char* begin, size_t bytes) : begin_(begin), at_(begin), end_(begin + bytes) {}

  void put(char c) {
    if (at_ == end_) {
      is_cut_ = true;
      return;
    }
    *at_++ = c;
  }
  void put(std::string_view text) {
    if (text.size() > static_cast<size_t>(end_ - at_)) {
      is_cut_ = true;
      return;
    }
    if (text.empty()) return;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  template <class Number>
  void put_number(Number number) {
    auto [next, problem] = std::to_chars(at_, end_, number);
    if (problem == std::errc{}) {
      at_ = next;
    } else {
      is_cut_ = true;
    }
  }
  // As it is, but control bytes become \xHH: one request is one line, whatever it contains.
  void put_plain(std::string_view text);
  // The inside of a JSON string, escaped as Go's encoder does (also < > &), broken UTF-8 as \ufffd.
  void put_json(std::string_view text);

  // Something did not fit.
  bool is_cut() const { return is_cut_; }
  std::string_view text() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool is_cut_ = false;
};

}  // namespace fairlead::observe
