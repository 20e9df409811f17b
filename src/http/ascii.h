// The character classes of RFC 9110 §5.6 and small readers of field values. Pure, ASCII only: no
// locale.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fairlead::http {

namespace detail {

enum CharClass : uint8_t {
  token_char = 1,   // tchar
  unreserved = 2,   // RFC 3986 §2.3
  reserved = 4,     // RFC 3986 §2.2
  quoted_char = 8,  // qdtext, obs-text included
};

consteval std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> table{};
  auto mark = [&](std::string_view set, uint8_t bit) {
    for (char c : set) table[static_cast<uint8_t>(c)] |= bit;
  };
  constexpr std::string_view alphanumeric =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  mark(alphanumeric, token_char | unreserved);
  mark("!#$%&'*+-.^_`|~", token_char);
  mark("-._~", unreserved);
  mark(":/?#[]@!$&'()*+,;=", reserved);
  for (int c = 0x20; c < 256; ++c) {
    if (c != '"' && c != '\\' && c != 0x7f) table[c] |= quoted_char;
  }
  table['\t'] |= quoted_char;
  return table;
}

inline constexpr std::array<uint8_t, 256> kClasses = make_classes();

consteval std::array<int8_t, 256> make_hex() {
  std::array<int8_t, 256> table{};
  for (auto& value : table) value = -1;
  for (int i = 0; i < 10; ++i) table['0' + i] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; ++i) table['a' + i] = table['A' + i] = static_cast<int8_t>(10 + i);
  return table;
}

inline constexpr std::array<int8_t, 256> kHex = make_hex();

}  // namespace detail

constexpr bool is_token_char(char c) {
  return (detail::kClasses[static_cast<uint8_t>(c)] & detail::token_char) != 0;
}
constexpr bool is_unreserved(char c) {
  return (detail::kClasses[static_cast<uint8_t>(c)] & detail::unreserved) != 0;
}
constexpr bool is_reserved(char c) {
  return (detail::kClasses[static_cast<uint8_t>(c)] & detail::reserved) != 0;
}
constexpr bool is_quoted_char(char c) {
  return (detail::kClasses[static_cast<uint8_t>(c)] & detail::quoted_char) != 0;
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
// What may stand in a field value or a reason phrase (obs-text included).
constexpr bool is_text_char(char c) {
  auto u = static_cast<uint8_t>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
// 0–15, or -1.
constexpr int hex_value(char c) { return detail::kHex[static_cast<uint8_t>(c)]; }

constexpr bool is_token(std::string_view text) {
  for (char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The members of a comma-separated list, trimmed; empty members are handed out too, for the caller
// to judge.
class ListReader {
 public:
  explicit constexpr ListReader(std::string_view list) : rest_(list) {}
  constexpr bool next(std::string_view& member) {
    if (is_over_) return false;
    size_t comma = rest_.find(',');
    member = trim_blanks(rest_.substr(0, comma));
    is_over_ = comma == std::string_view::npos;
    if (!is_over_) rest_.remove_prefix(comma + 1);
    return true;
  }

 private:
  std::string_view rest_;
  bool is_over_ = false;
};

}  // namespace fairlead::http
