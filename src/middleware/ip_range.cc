#include "middleware/ip_range.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace fairlead::middleware {
namespace {

constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

// "[::1]:80" → "::1", "192.0.2.1:80" → "192.0.2.1", "fe80::1%eth0" → "fe80::1".
std::string_view bare_address(std::string_view text) {
  if (text.starts_with('[')) {
    size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    text = text.substr(1, end - 1);
  } else if (size_t colon = text.find(':'); colon != std::string_view::npos &&
                                            text.find(':', colon + 1) == std::string_view::npos) {
    text = text.substr(0, colon);
  }
  return text.substr(0, text.find('%'));
}

uint8_t mask_of_byte(unsigned byte, unsigned prefix_bits) {
  if (prefix_bits >= (byte + 1) * 8) return 0xff;
  if (prefix_bits <= byte * 8) return 0;
  return static_cast<uint8_t>(0xff << (8 - (prefix_bits - byte * 8)));
}

}  // namespace

std::optional<Ip> Ip::parse(std::string_view text) {
  std::string_view bare = bare_address(text);
  char terminated[INET6_ADDRSTRLEN + 1] = {};
  if (bare.empty() || bare.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, bare.data(), bare.size());
  char bytes[16];
  if (inet_pton(AF_INET, terminated, bytes) == 1) return from_bytes({bytes, 4});
  if (inet_pton(AF_INET6, terminated, bytes) == 1) return from_bytes({bytes, 16});
  return std::nullopt;
}

Ip Ip::from_bytes(std::string_view bytes) {
  Ip ip;
  if (bytes.size() == 16 && std::memcmp(bytes.data(), kMappedPrefix, sizeof kMappedPrefix) == 0) {
    bytes.remove_prefix(sizeof kMappedPrefix);
  }
  if (bytes.size() != 4 && bytes.size() != 16) return ip;
  ip.family_ = bytes.size() == 4 ? Family::v4 : Family::v6;
  if (!bytes.empty()) std::memcpy(ip.bytes_.data(), bytes.data(), bytes.size());
  return ip;
}

std::string_view Ip::bytes() const {
  size_t size = family_ == Family::none ? 0 : family_ == Family::v4 ? 4 : 16;
  return {reinterpret_cast<const char*>(bytes_.data()), size};
}

Ip Ip::first_of(unsigned prefix_bits) const {
  Ip ip = *this;
  for (unsigned i = 0; i < bits() / 8; ++i) ip.bytes_[i] &= mask_of_byte(i, prefix_bits);
  return ip;
}

Ip Ip::last_of(unsigned prefix_bits) const {
  Ip ip = *this;
  for (unsigned i = 0; i < bits() / 8; ++i) {
    ip.bytes_[i] |= static_cast<uint8_t>(~mask_of_byte(i, prefix_bits));
  }
  return ip;
}

bool IpSet::add(std::string_view text) {
  size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  // A range is not something that listens: no port here.
  if (address.starts_with('[') ||
      (address.find('.') != std::string_view::npos && address.rfind(':') > address.rfind('.') &&
       address.rfind(':') != std::string_view::npos)) {
    return false;
  }
  std::optional<Ip> ip = Ip::parse(address);
  if (!ip) return false;
  unsigned prefix = ip->bits();
  if (slash != std::string_view::npos) {
    std::string_view digits = text.substr(slash + 1);
    auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (fault != std::errc() || end != digits.data() + digits.size()) return false;
    bool is_mapped = ip->is_v4() && address.find(':') != std::string_view::npos;
    if (is_mapped && prefix < kMappedBits) return false;
    if (is_mapped) prefix -= kMappedBits;
    if (prefix > ip->bits()) return false;
  }
  Range range{ip->first_of(prefix), ip->last_of(prefix)};
  auto overlaps = [&](const Range& r) { return r.first <= range.last && range.first <= r.last; };
  auto from = std::find_if(ranges_.begin(), ranges_.end(), overlaps);
  auto to = from;
  for (; to != ranges_.end() && overlaps(*to); ++to) {
    range = {std::min(range.first, to->first), std::max(range.last, to->last)};
  }
  auto before = [](const Range& a, const Range& b) { return a.first < b.first; };
  ranges_.erase(from, to);
  ranges_.insert(std::upper_bound(ranges_.begin(), ranges_.end(), range, before), range);
  return true;
}

bool IpSet::read(config::Reader& options, std::string_view key) {
  std::vector<std::string> texts;
  if (!options.read(key, texts)) return false;
  for (const std::string& text : texts) {
    if (!add(text)) {
      options.error(key, "\"" + text +
                             "\" is neither an IP address nor a CIDR range; write it like " +
                             "192.0.2.1, 10.0.0.0/8 or 2001:db8::/32");
    }
  }
  return true;
}

bool IpSet::contains(const Ip& ip) const {
  if (!ip.is_set()) return false;
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), ip,
                                [](const Ip& a, const Range& r) { return a < r.first; });
  return after != ranges_.begin() && ip <= std::prev(after)->last;
}

}  // namespace fairlead::middleware
