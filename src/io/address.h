// Where a peer is: an IPv4 or IPv6 address with a port, or a Unix socket path. A value.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include "base/result.h"

namespace fairlead::io {

class Address {
 public:
  Address() = default;
  // From the kernel's form.
  static Address from(const sockaddr* address, socklen_t bytes);
  // "127.0.0.1", "::1", "[::1]" with a port of its own. Only numbers, no look-up.
  static Result<Address> parse(std::string_view host, uint16_t port);
  static Result<Address> unix_path(std::string_view path);

  bool is_unix() const { return family_ == AF_UNIX; }
  bool is_v6() const { return family_ == AF_INET6; }
  bool is_set() const { return family_ != AF_UNSPEC; }
  uint16_t port() const;
  void set_port(uint16_t port);

  // The kernel's form of an IP address; for Unix sockets see path().
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t raw_bytes() const { return bytes_; }
  const std::string& path() const { return path_ != nullptr ? *path_ : no_path(); }

  // 4 or 16 bytes in network order, empty for Unix. An IPv4-mapped IPv6 address counts as IPv4.
  std::string_view ip_bytes() const;
  // "127.0.0.1" or "::1", without port or brackets; "" for Unix peers. Written into `buffer` (at
  // least 46 bytes).
  std::string_view ip_text(char* buffer) const;
  std::string ip() const;
  // "127.0.0.1:80", "[::1]:80", "unix:/path".
  std::string text() const;

  bool operator==(const Address& other) const {
    return family_ == other.family_ && bytes_ == other.bytes_ &&
           std::memcmp(storage_, other.storage_, sizeof storage_) == 0 && path() == other.path();
  }

 private:
  static const std::string& no_path();

  // sockaddr_in or sockaddr_in6; smaller than sockaddr_storage, because idle connections hold two
  // of these.
  alignas(8) char storage_[28] = {};
  socklen_t bytes_ = 0;
  sa_family_t family_ = AF_UNSPEC;
  std::shared_ptr<const std::string> path_;  // of a Unix socket; shared because copies are made
};

}  // namespace fairlead::io
