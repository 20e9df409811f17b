#include "routing/matchers/query_values.h"

namespace fairlead::routing::matchers {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes one decoded byte off the front; nothing when the escape is broken.
std::optional<char> take_byte(std::string_view& escaped) {
  char c = escaped.front();
  if (c != '%') {
    escaped.remove_prefix(1);
    return c == '+' ? ' ' : c;
  }
  if (escaped.size() < 3) return std::nullopt;
  int high = hex_value(escaped[1]), low = hex_value(escaped[2]);
  if (high < 0 || low < 0) return std::nullopt;
  escaped.remove_prefix(3);
  return static_cast<char>(high * 16 + low);
}

}  // namespace

bool decodes_to(std::string_view escaped, std::string_view plain) {
  while (!escaped.empty() && !plain.empty()) {
    auto byte = take_byte(escaped);
    if (!byte || *byte != plain.front()) return false;
    plain.remove_prefix(1);
  }
  return escaped.empty() && plain.empty();
}

std::optional<std::string_view> decode_query(std::string_view escaped, Arena& arena) {
  if (escaped.find_first_of("%+") == std::string_view::npos) return escaped;
  char* out = arena.take_chars(escaped.size());
  size_t length = 0;
  while (!escaped.empty()) {
    auto byte = take_byte(escaped);
    if (!byte) return std::nullopt;
    out[length++] = *byte;
  }
  return std::string_view(out, length);
}

}  // namespace fairlead::routing::matchers
