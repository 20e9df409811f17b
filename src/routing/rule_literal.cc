#include "routing/rule_literal.h"

#include <cstdint>
#include <optional>

namespace fairlead::routing {

namespace {

std::unexpected<RuleError> fail(size_t position, std::string message) {
  return std::unexpected(RuleError{position, std::move(message)});
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Exactly `count` digits of `base` at `at`.
std::optional<uint32_t> read_digits(std::string_view text, size_t at, unsigned count, int base) {
  if (text.size() < at + count) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = at; i < at + count; ++i) {
    int digit = digit_value(text[i]);
    if (digit >= base) return std::nullopt;
    value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
  }
  return value;
}

void append_utf8(std::string& out, uint32_t c) {
  auto byte = [&out](uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)),
        byte(0x80 | (c & 0x3F));
  }
}

struct NumericEscape {
  unsigned digits;
  int base;
  bool is_code_point;
};

std::optional<NumericEscape> numeric_escape(char c) {
  if (c == 'x') return NumericEscape{2, 16, false};
  if (c == 'u') return NumericEscape{4, 16, true};
  if (c == 'U') return NumericEscape{8, 16, true};
  if (c >= '0' && c <= '7') return NumericEscape{3, 8, false};
  return std::nullopt;
}

std::optional<char> simple_escape(char c) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  size_t at = kNames.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return kValues[at];
}

// `at` is just past the backslash. Returns the offset past the escape.
std::expected<size_t, RuleError> read_escape(std::string_view rule, size_t at, std::string& out) {
  size_t start = at - 1;
  if (at >= rule.size()) return fail(start, "text ends after a backslash; close it with \"");
  if (auto plain = simple_escape(rule[at])) {
    out.push_back(*plain);
    return at + 1;
  }
  auto numeric = numeric_escape(rule[at]);
  if (!numeric) {
    return fail(start, std::string("unknown escape \\") + rule[at] +
                           "; write the backslash twice or use back-ticks, which keep it as it is");
  }
  size_t first = numeric->base == 8 ? at : at + 1;
  auto value = read_digits(rule, first, numeric->digits, numeric->base);
  if (!value) return fail(start, "escape with too few digits");
  if (!numeric->is_code_point) {
    if (*value > 0xFF) return fail(start, "octal escape above \\377");
    out.push_back(static_cast<char>(*value));
  } else {
    bool is_surrogate = *value >= 0xD800 && *value < 0xE000;
    if (*value > 0x10FFFF || is_surrogate) return fail(start, "escape is not a Unicode character");
    append_utf8(out, *value);
  }
  return first + numeric->digits;
}

std::expected<Literal, RuleError> read_raw(std::string_view rule, size_t at) {
  size_t end = rule.find('`', at + 1);
  if (end == std::string_view::npos) return fail(at, "text has no closing back-tick");
  Literal literal{{}, end + 1};
  for (char c : rule.substr(at + 1, end - at - 1)) {
    if (c != '\r') literal.value.push_back(c);  // Why: Go drops carriage returns in raw strings
  }
  return literal;
}

}  // namespace

std::expected<Literal, RuleError> read_literal(std::string_view rule, size_t at) {
  if (rule[at] == '`') return read_raw(rule, at);
  Literal literal;
  size_t i = at + 1;
  while (i < rule.size() && rule[i] != '"') {
    if (rule[i] == '\n')
      return fail(at, "text in double quotes ends at the line's end; close it with \"");
    if (rule[i] != '\\') {
      literal.value.push_back(rule[i++]);
      continue;
    }
    auto next = read_escape(rule, i + 1, literal.value);
    if (!next) return std::unexpected(next.error());
    i = *next;
  }
  if (i >= rule.size()) return fail(at, "text has no closing double quote");
  literal.end = i + 1;
  return literal;
}

std::string quote_literal(std::string_view value) {
  bool fits_raw = true;
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '`') fits_raw = false;
  }
  if (fits_raw) return "`" + std::string(value) + "`";
  std::string out = "\"";
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\x", out += kHex[byte >> 4], out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string call_text(std::string_view name, std::span<const std::string> arguments) {
  std::string out(name);
  out += '(';
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) out += ", ";
    out += quote_literal(arguments[i]);
  }
  return out + ')';
}

}  // namespace fairlead::routing
