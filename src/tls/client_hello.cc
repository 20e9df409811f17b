// RFC 8446 §4.1.2 and §5.1, RFC 6066 §3, RFC 7301 §3.1.
#include "tls/client_hello.h"

#include <cstdint>
#include <optional>

namespace fairlead::tls {
namespace {

constexpr size_t kRecordHead = 5;
constexpr size_t kMaxRecord = 16 * 1024;
constexpr size_t kMaxRecords = 32;  // nobody has a reason to cut a ClientHello into more
constexpr size_t kMessageHead = 4;
constexpr char kClientHelloMessage = 1;
constexpr unsigned kServerNameExtension = 0;
constexpr unsigned kProtocolsExtension = 16;

// Takes numbers and length-prefixed pieces off the front; once something is missing, everything
// after is missing too.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  uint32_t number(size_t width) {
    std::string_view digits = bytes(width);
    uint32_t value = 0;
    for (char digit : digits) value = value << 8 | static_cast<unsigned char>(digit);
    return value;
  }
  std::string_view bytes(size_t count) {
    if (count > rest_.size()) {
      is_good_ = false;
      rest_ = {};
      return {};
    }
    std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  // A piece whose length stands before it in `width` bytes.
  std::string_view piece(size_t width) { return bytes(number(width)); }

  bool is_good() const { return is_good_; }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

// The handshake message without the records around it. Called again with every byte that a slow
// client adds, so it copies nothing before a record is whole.
HelloState join_records(std::string_view bytes, std::string& message) {
  for (size_t records = 0; records < kMaxRecords; ++records) {
    if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) != kHandshakeRecord)
      return HelloState::malformed;
    if (bytes.size() < kRecordHead) return HelloState::incomplete;
    Cursor head(bytes.substr(1));
    uint32_t version = head.number(2);
    uint32_t length = head.number(2);
    if (version >> 8 != 3 || length == 0 || length > kMaxRecord) return HelloState::malformed;
    std::string_view body = bytes.substr(kRecordHead, length);
    bool is_other = message.empty() && !body.empty() && body[0] != kClientHelloMessage;
    if (is_other) return HelloState::malformed;
    if (body.size() < length) return HelloState::incomplete;
    message.append(body);
    bytes.remove_prefix(kRecordHead + length);
    if (message.size() < kMessageHead) continue;
    Cursor cursor(std::string_view(message).substr(1));
    uint32_t needed = cursor.number(3);
    if (needed > kMaxClientHelloBytes) return HelloState::too_large;
    if (message.size() < kMessageHead + needed) continue;
    message.resize(kMessageHead + needed);
    message.erase(0, kMessageHead);
    return HelloState::complete;
  }
  return HelloState::malformed;
}

bool read_server_name(std::string_view extension, std::string& name) {
  Cursor outer(extension);
  Cursor list(outer.piece(2));
  while (list.is_good() && !list.empty()) {
    uint32_t kind = list.number(1);
    std::string_view text = list.piece(2);
    if (kind != 0) continue;
    if (!name.empty() || text.empty() || text.size() > 255 || text.find('\0') != text.npos)
      return false;
    for (char c : text) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return list.is_good() && outer.is_good();
}

bool read_protocols(std::string_view extension, std::vector<std::string>& protocols) {
  Cursor outer(extension);
  Cursor list(outer.piece(2));
  while (list.is_good() && !list.empty()) protocols.emplace_back(list.piece(1));
  return list.is_good() && outer.is_good();
}

bool read_extensions(std::string_view bytes, ClientHello& hello) {
  Cursor cursor(bytes);
  while (cursor.is_good() && !cursor.empty()) {
    uint32_t kind = cursor.number(2);
    std::string_view body = cursor.piece(2);
    if (!cursor.is_good()) return false;
    if (kind == kServerNameExtension && !read_server_name(body, hello.server_name)) return false;
    if (kind == kProtocolsExtension && !read_protocols(body, hello.protocols)) return false;
  }
  return cursor.is_good();
}

}  // namespace

HelloState read_client_hello(std::string_view bytes, ClientHello& hello) {
  std::string message;
  HelloState state = join_records(bytes, message);
  if (state != HelloState::complete) return state;
  Cursor cursor(message);
  cursor.bytes(2 + 32);  // legacy_version, random
  cursor.piece(1);       // legacy_session_id
  cursor.piece(2);       // cipher_suites
  cursor.piece(1);       // legacy_compression_methods
  if (!cursor.is_good()) return HelloState::malformed;
  if (cursor.empty()) return HelloState::complete;  // a client without extensions
  std::string_view extensions = cursor.piece(2);
  return cursor.is_good() && read_extensions(extensions, hello) ? HelloState::complete
                                                                : HelloState::malformed;
}

}  // namespace fairlead::tls
