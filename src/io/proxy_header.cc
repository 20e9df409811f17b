#include "io/proxy_header.h"

#include <charconv>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace fairlead::io {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kV1Begin = "PROXY ";
constexpr std::string_view kV2Begin = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr size_t kV1Most = 107;  // with CRLF
constexpr size_t kV2BeginBytes = 16;

constexpr uint8_t kIpV4 = 1, kIpV6 = 2, kUnix = 3;  // high half of byte 13

// Bytes of both addresses and ports.
constexpr size_t address_bytes(uint8_t family) {
  if (family == kIpV4) return 12;
  if (family == kIpV6) return 36;
  return family == kUnix ? 216 : 0;
}

bool is_begun(std::string_view whole, std::string_view bytes) {
  return bytes.size() < whole.size() ? whole.starts_with(bytes) : bytes.starts_with(whole);
}

std::unexpected<Error> bad() { return fail(Code::bad_proxy_header, Side::client, Stage::accept); }

// The next word, up to a single blank or the end.
std::string_view next_word(std::string_view& rest) {
  size_t end = std::min(rest.find(' '), rest.size());
  std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

bool read_port(std::string_view text, uint16_t& port) {
  if (text.size() > 1 && text.front() == '0') return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size();
}

// Only the family that the header announces, and neither brackets nor a zone.
bool read_address(std::string_view text, bool is_v6, Address& out) {
  if (text.empty() || text.front() == '[' || (text.find(':') != text.npos) != is_v6) return false;
  Result<Address> address = Address::parse(text, 0);
  if (address) out = *address;
  return address.has_value();
}

Address binary_address(uint8_t family, const char* ip, const char* port) {
  if (family == kIpV4) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    std::memcpy(&four.sin_addr, ip, sizeof four.sin_addr);
    std::memcpy(&four.sin_port, port, sizeof four.sin_port);
    return Address::from(reinterpret_cast<sockaddr*>(&four), sizeof four);
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  std::memcpy(&six.sin6_addr, ip, sizeof six.sin6_addr);
  std::memcpy(&six.sin6_port, port, sizeof six.sin6_port);
  return Address::from(reinterpret_cast<sockaddr*>(&six), sizeof six);
}

}  // namespace

Result<ProxyHeaderParser::Step> ProxyHeaderParser::feed(std::string_view bytes) {
  switch (part_) {
    case Part::undecided:
      return decide(bytes);
    case Part::v1:
      return feed_v1(bytes, 0);
    default:
      return feed_v2(bytes, 0);
  }
}

// Nothing is taken before it is certain: a client may begin with "P" for reasons of its own.
Result<ProxyHeaderParser::Step> ProxyHeaderParser::decide(std::string_view bytes) {
  bool is_v1 = is_begun(kV1Begin, bytes), is_v2 = is_begun(kV2Begin, bytes);
  if (!is_v1 && !is_v2) return Step{State::absent, 0};
  if (bytes.size() < (is_v1 ? kV1Begin : kV2Begin).size()) return Step{State::more, 0};
  part_ = is_v1 ? Part::v1 : Part::v2_begin;
  return is_v1 ? feed_v1(bytes, 0) : feed_v2(bytes, 0);
}

// Takes bytes until `up_to` are kept.
size_t ProxyHeaderParser::keep(std::string_view bytes, size_t up_to) {
  size_t count = std::min(bytes.size(), up_to - kept_bytes_);
  bytes.copy(kept_ + kept_bytes_, count);
  kept_bytes_ += count;
  return count;
}

Result<ProxyHeaderParser::Step> ProxyHeaderParser::feed_v1(std::string_view bytes, size_t taken) {
  size_t line_feed = bytes.find('\n');
  bool is_whole = line_feed != bytes.npos;
  taken += keep(bytes.substr(0, is_whole ? line_feed + 1 : bytes.size()), kV1Most);
  std::string_view line(kept_, kept_bytes_);
  if (!line.ends_with('\n')) {
    if (kept_bytes_ == kV1Most) return bad();
    return Step{State::more, taken};
  }
  if (!line.ends_with("\r\n") || !read_line(line.substr(0, line.size() - 2))) return bad();
  return Step{State::found, taken};
}

bool ProxyHeaderParser::read_line(std::string_view line) {
  line.remove_prefix(kV1Begin.size());
  if (line.find('\r') != line.npos) return false;
  std::string_view family = next_word(line);
  if (family == "UNKNOWN") return true;  // what follows is not ours to judge
  if (family != "TCP4" && family != "TCP6") return false;
  bool is_v6 = family == "TCP6";
  std::string_view source = next_word(line), destination = next_word(line);
  std::string_view source_port = next_word(line), destination_port = line;
  uint16_t from = 0, to = 0;
  bool is_good = read_address(source, is_v6, source_) &&
                 read_address(destination, is_v6, destination_) && read_port(source_port, from) &&
                 read_port(destination_port, to);
  if (!is_good) return false;
  source_.set_port(from);
  destination_.set_port(to);
  return true;
}

Result<ProxyHeaderParser::Step> ProxyHeaderParser::feed_v2(std::string_view bytes, size_t taken) {
  if (part_ == Part::v2_begin) {
    size_t count = keep(bytes, kV2BeginBytes);
    taken += count;
    bytes.remove_prefix(count);
    if (kept_bytes_ < kV2BeginBytes) return Step{State::more, taken};
    if (!read_begin()) return bad();
    kept_bytes_ = 0;
    bool has_ip = !is_local_ && (family_ == kIpV4 || family_ == kIpV6);
    part_ = has_ip ? Part::v2_addresses : Part::v2_rest;
  }
  if (part_ == Part::v2_addresses) {
    size_t count = keep(bytes, address_bytes(family_));
    taken += count;
    left_ -= count;
    bytes.remove_prefix(count);
    if (kept_bytes_ < address_bytes(family_)) return Step{State::more, taken};
    read_addresses();
    part_ = Part::v2_rest;
  }
  size_t count = std::min(left_, bytes.size());
  left_ -= count;
  return Step{left_ == 0 ? State::found : State::more, taken + count};
}

bool ProxyHeaderParser::read_begin() {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(kept_[i]); };
  uint8_t version = byte(12) >> 4, command = byte(12) & 15, transport = byte(13) & 15;
  family_ = byte(13) >> 4;
  left_ = static_cast<size_t>(byte(14)) << 8 | byte(15);
  if (version != 2 || command > 1 || left_ > kMostBytes - kV2BeginBytes) return false;
  is_local_ = command == 0;
  if (is_local_) return true;  // the proxy's own connection, whatever the family says
  return family_ <= kUnix && transport <= 2 && left_ >= address_bytes(family_);
}

void ProxyHeaderParser::read_addresses() {
  size_t ip = family_ == kIpV4 ? 4 : 16;
  source_ = binary_address(family_, kept_, kept_ + 2 * ip);
  destination_ = binary_address(family_, kept_ + ip, kept_ + 2 * ip + 2);
}

}  // namespace fairlead::io
