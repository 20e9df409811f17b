#include "base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace fairlead {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xff;

constexpr std::array<uint8_t, 256> values() {
  std::array<uint8_t, 256> table{};
  table.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}
constexpr std::array<uint8_t, 256> kValues = values();

uint8_t value_of(char c) { return kValues[static_cast<uint8_t>(c)]; }

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t here = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < here ? static_cast<uint8_t>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= here ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

std::optional<std::string_view> base64_decode(std::string_view text, char* out) {
  if (text.size() % 4 != 0) return std::nullopt;
  char* at = out;
  for (size_t i = 0; i < text.size(); i += 4) {
    bool is_last = i + 4 == text.size();
    size_t padding = 0;
    if (is_last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t k = 0; k < 4; ++k) {
      uint8_t value = k < 4 - padding ? value_of(text[i + k]) : 0;
      if (value == kNone) return std::nullopt;
      group = group << 6 | value;
    }
    // Bits that the padding throws away must be zero, or two spellings would mean the same bytes.
    if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0)) {
      return std::nullopt;
    }
    for (size_t k = 0; k < 3 - padding; ++k)
      *at++ = static_cast<char>(group >> (16 - 8 * k) & 0xff);
  }
  return std::string_view(out, static_cast<size_t>(at - out));
}

}  // namespace fairlead
