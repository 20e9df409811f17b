#include "http/codec/h1_start_line.h"

#include "http/ascii.h"

namespace fairlead::http::h1 {
namespace {

constexpr size_t kVersionBytes = 8;  // "HTTP/1.1"
constexpr size_t kStatusBytes = kVersionBytes + 1 + 3;

bool is_number(std::string_view digits) {
  for (char c : digits) {
    if (!is_digit(c)) return false;
  }
  return !digits.empty();
}

bool is_other_version(std::string_view text) {
  if (!text.starts_with("HTTP/")) return false;
  text.remove_prefix(5);
  size_t dot = text.find('.');
  return is_number(text.substr(0, dot)) &&
         (dot == std::string_view::npos || is_number(text.substr(dot + 1)));
}

}  // namespace

Code read_version(std::string_view text, Version& version, Code otherwise) {
  bool is_http1 = text.size() == kVersionBytes && text.starts_with("HTTP/1.") &&
                  (text[7] == '0' || text[7] == '1');
  if (!is_http1) return is_other_version(text) ? Code::bad_version : otherwise;
  version = text[7] == '1' ? Version::http11 : Version::http10;
  return Code::ok;
}

Code read_status_line(std::string_view line, Version& version, uint16_t& status,
                      std::string_view& reason) {
  Code code = read_version(line.substr(0, line.find(' ')), version, Code::bad_status_line);
  if (code != Code::ok) return code;
  if (line.size() < kStatusBytes) return Code::bad_status_line;
  unsigned number = 0;
  for (char c : line.substr(kVersionBytes + 1, 3)) {
    if (!is_digit(c)) return Code::bad_status_line;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  if (number < 100) return Code::bad_status_line;
  // Why: many servers leave out the blank before an empty reason.
  if (line.size() > kStatusBytes && line[kStatusBytes] != ' ') return Code::bad_status_line;
  status = static_cast<uint16_t>(number);
  reason = line.size() > kStatusBytes ? line.substr(kStatusBytes + 1) : std::string_view();
  return Code::ok;
}

}  // namespace fairlead::http::h1
