// IP addresses without a port, and sets of them written as addresses and CIDR ranges. IPv4-mapped
// IPv6 addresses count as IPv4, zones do not count. Values, usable from any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"

namespace fairlead::middleware {

class Ip {
 public:
  // Unset: the address is not known. In no set, equal to every other unknown one.
  Ip() = default;
  // "192.0.2.1", "2001:db8::1", also with port, brackets or zone: "192.0.2.1:80",
  // "[2001:db8::1]:80", "fe80::1%eth0".
  static std::optional<Ip> parse(std::string_view text);
  // 4 or 16 bytes in network order; anything else is unset.
  static Ip from_bytes(std::string_view bytes);

  bool is_set() const { return family_ != Family::none; }
  bool is_v4() const { return family_ == Family::v4; }
  // 4 or 16 bytes in network order, none when unset.
  std::string_view bytes() const;
  unsigned bits() const { return is_v4() ? 32 : 128; }
  // The lowest and the highest address that share the first `prefix_bits` bits.
  Ip first_of(unsigned prefix_bits) const;
  Ip last_of(unsigned prefix_bits) const;

  // IPv4 comes before IPv6.
  auto operator<=>(const Ip&) const = default;
  bool operator==(const Ip&) const = default;

 private:
  enum class Family : uint8_t { none, v4, v6 };
  Family family_ = Family::none;
  std::array<uint8_t, 16> bytes_{};
};

class IpSet {
 public:
  // "192.0.2.0/24", "2001:db8::/32" or a single address. False when malformed.
  bool add(std::string_view range);
  // Reads a list of ranges and reports each malformed one. Returns whether the key was there.
  bool read(config::Reader& options, std::string_view key);
  // O(log n).
  bool contains(const Ip& ip) const;
  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    Ip first;
    Ip last;
  };
  // Invariant: sorted by first, without overlaps.
  std::vector<Range> ranges_;
};

}  // namespace fairlead::middleware
