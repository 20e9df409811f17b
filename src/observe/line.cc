#include "observe/line.h"

#include <array>
#include <cstdint>

namespace fairlead::observe {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Bytes that stand for themselves inside a JSON string.
constexpr auto kIsPlainJson = [] {
  std::array<bool, 256> table{};
  for (int c = 0x20; c < 0x80; ++c) table[c] = true;
  for (char c : {'"', '\\', '<', '>', '&'}) table[static_cast<unsigned char>(c)] = false;
  return table;
}();

bool is_continuation(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Length of the well-formed UTF-8 sequence at the front (RFC 3629 §4), 0 when it is broken.
size_t utf8_length(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  auto second = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0;
  if (!is_continuation(text, 1)) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (!is_continuation(text, 2)) return 0;
  if (first >= 0xe0 && first <= 0xef) {
    bool is_overlong = first == 0xe0 && second < 0xa0;
    bool is_surrogate = first == 0xed && second > 0x9f;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  if (!is_continuation(text, 3)) return 0;
  if (first < 0xf0 || first > 0xf4) return 0;
  bool is_out_of_range = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return is_out_of_range ? 0 : 4;
}

void put_escape(Line& line, unsigned char c) {
  switch (c) {
    case '"':
      line.put("\\\"");
      return;
    case '\\':
      line.put("\\\\");
      return;
    case '\n':
      line.put("\\n");
      return;
    case '\r':
      line.put("\\r");
      return;
    case '\t':
      line.put("\\t");
      return;
    default:
      break;
  }
  line.put("\\u00");
  line.put(kHex[c >> 4]);
  line.put(kHex[c & 15]);
}

// Writes the non-ASCII character at the front and returns its bytes.
size_t put_wide(Line& line, std::string_view text) {
  size_t bytes = utf8_length(text);
  if (bytes == 0) {
    line.put("\\ufffd");
    return 1;
  }
  std::string_view character = text.substr(0, bytes);
  if (character == "\u2028") {
    line.put("\\u2028");  // Go escapes the two line separators: they end lines in JavaScript
  } else if (character == "\u2029") {
    line.put("\\u2029");
  } else {
    line.put(character);
  }
  return bytes;
}

}  // namespace

void Line::put_plain(std::string_view text) {
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_control(text[i])) continue;
    put(text.substr(start, i - start));
    auto byte = static_cast<unsigned char>(text[i]);
    put("\\x");
    put(kHex[byte >> 4]);
    put(kHex[byte & 15]);
    start = i + 1;
  }
  put(text.substr(start));
}

void Line::put_json(std::string_view text) {
  size_t start = 0;
  size_t i = 0;
  while (i < text.size()) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (kIsPlainJson[byte]) {
      ++i;
      continue;
    }
    put(text.substr(start, i - start));
    if (byte < 0x80) {
      put_escape(*this, byte);
      ++i;
    } else {
      i += put_wide(*this, text.substr(i));
    }
    start = i;
  }
  put(text.substr(start));
}

}  // namespace fairlead::observe
