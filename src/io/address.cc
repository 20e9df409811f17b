#include "io/address.h"

#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace fairlead::io {

const std::string& Address::no_path() {
  static const std::string none;
  return none;
}

namespace {

const sockaddr_in& v4(const char* storage) {
  return *reinterpret_cast<const sockaddr_in*>(storage);
}
const sockaddr_in6& v6(const char* storage) {
  return *reinterpret_cast<const sockaddr_in6*>(storage);
}
constexpr unsigned char kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

Address Address::from(const sockaddr* address, socklen_t bytes) {
  Address result;
  result.family_ = address->sa_family;
  if (address->sa_family == AF_INET || address->sa_family == AF_INET6) {
    result.bytes_ = address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(result.storage_, address, std::min<size_t>(bytes, result.bytes_));
  }
  return result;
}

Result<Address> Address::parse(std::string_view host, uint16_t port) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  char text[INET6_ADDRSTRLEN + 1];
  if (host.empty() || host.size() >= sizeof text || host.contains('\0')) return fail(Code::resolve);
  host.copy(text, host.size());
  text[host.size()] = '\0';
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    return from(reinterpret_cast<sockaddr*>(&four), sizeof four);
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
    return from(reinterpret_cast<sockaddr*>(&six), sizeof six);
  }
  return fail(Code::resolve);
}

Result<Address> Address::unix_path(std::string_view path) {
  if (path.empty() || path.size() >= 108) return fail(Code::resolve);  // sockaddr_un::sun_path
  Address result;
  result.family_ = AF_UNIX;
  result.path_ = std::make_shared<const std::string>(path);
  return result;
}

uint16_t Address::port() const {
  if (family_ == AF_INET) return ntohs(v4(storage_).sin_port);
  if (family_ == AF_INET6) return ntohs(v6(storage_).sin6_port);
  return 0;
}

void Address::set_port(uint16_t port) {
  if (family_ == AF_INET) reinterpret_cast<sockaddr_in*>(storage_)->sin_port = htons(port);
  if (family_ == AF_INET6) reinterpret_cast<sockaddr_in6*>(storage_)->sin6_port = htons(port);
}

std::string_view Address::ip_bytes() const {
  if (family_ == AF_INET) return {reinterpret_cast<const char*>(&v4(storage_).sin_addr), 4};
  if (family_ != AF_INET6) return {};
  std::string_view all{reinterpret_cast<const char*>(&v6(storage_).sin6_addr), 16};
  bool is_mapped = std::memcmp(all.data(), kMappedPrefix, sizeof kMappedPrefix) == 0;
  return is_mapped ? all.substr(12) : all;
}

namespace {
char* put_decimal(char* at, unsigned value) {
  if (value >= 100) {
    *at++ = static_cast<char>('0' + value / 100);
    value %= 100;
    *at++ = static_cast<char>('0' + value / 10);
    value %= 10;
  } else if (value >= 10) {
    *at++ = static_cast<char>('0' + value / 10);
    value %= 10;
  }
  *at++ = static_cast<char>('0' + value);
  return at;
}
}  // namespace

std::string_view Address::ip_text(char* buffer) const {
  std::string_view bytes = ip_bytes();
  if (bytes.size() == 4) {  // On the path of every request: X-Forwarded-For.
    char* at = buffer;
    for (size_t i = 0; i < 4; ++i) {
      if (i != 0) *at++ = '.';
      at = put_decimal(at, static_cast<unsigned char>(bytes[i]));
    }
    return {buffer, static_cast<size_t>(at - buffer)};
  }
  if (bytes.empty() || inet_ntop(AF_INET6, bytes.data(), buffer, INET6_ADDRSTRLEN) == nullptr)
    return {};
  return buffer;
}

std::string Address::ip() const {
  char buffer[INET6_ADDRSTRLEN];
  return std::string(ip_text(buffer));
}

std::string Address::text() const {
  if (is_unix()) return "unix:" + path();
  std::string host = ip();
  bool has_colon = host.find(':') != host.npos;
  return (has_colon ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

}  // namespace fairlead::io
