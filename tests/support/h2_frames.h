// HTTP/2 frames by hand: what a client sends, byte by byte, and a look at what came back. For tests
// and fuzz targets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::testing::h2 {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : uint8_t {
  data,
  headers,
  priority,
  rst_stream,
  settings,
  push_promise,
  ping,
  goaway,
  window_update,
  continuation
};
inline constexpr uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

inline std::string number(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string frame(Type type, uint8_t flags, uint32_t id, std::string_view payload = {}) {
  std::string out = number(static_cast<uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out += number(id);
  out += payload;
  return out;
}

// HPACK: literal without indexing, names and values under 127 bytes in one octet of length, else
// more.
inline std::string hpack_string(std::string_view text) {
  std::string out;
  if (text.size() < 127) {
    out += static_cast<char>(text.size());
  } else {
    out += static_cast<char>(127);
    size_t rest = text.size() - 127;
    for (; rest >= 128; rest /= 128) out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  out += text;
  return out;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

inline std::string block(const Lines& lines) {
  std::string out;
  for (const auto& [name, value] : lines) out += '\0' + hpack_string(name) + hpack_string(value);
  return out;
}

inline Lines request(std::string method = "GET", std::string path = "/") {
  return {{":method", std::move(method)},
          {":scheme", "http"},
          {":path", std::move(path)},
          {":authority", "a.test"}};
}

struct Frame {
  Type type;
  uint8_t flags;
  uint32_t id;
  std::string payload;
  // RST_STREAM and GOAWAY.
  uint32_t error() const {
    uint32_t value = 0;
    for (size_t i = type == goaway ? 4 : 0, end = i + 4; i < end && i < payload.size(); ++i) {
      value = value << 8 | static_cast<uint8_t>(payload[i]);
    }
    return value;
  }
};

inline std::vector<Frame> parse(std::string_view bytes) {
  std::vector<Frame> frames;
  auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
  while (bytes.size() >= 9) {
    size_t length = at(0) << 16 | at(1) << 8 | at(2);
    if (bytes.size() < 9 + length) break;
    uint32_t id = (at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8)) & 0x7fffffff;
    frames.push_back({static_cast<Type>(at(3)), static_cast<uint8_t>(at(4)), id,
                      std::string(bytes.substr(9, length))});
    bytes.remove_prefix(9 + length);
  }
  return frames;
}

}  // namespace fairlead::testing::h2
