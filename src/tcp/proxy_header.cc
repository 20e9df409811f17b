#include "tcp/proxy_header.h"

#include <arpa/inet.h>

namespace fairlead::tcp {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

// 16 bytes; IPv4 as an IPv4-mapped address.
std::string as_v6(std::string_view ip) {
  if (ip.size() == 16) return std::string(ip);
  std::string mapped(10, '\0');
  mapped += "\xFF\xFF";
  mapped += ip;
  return mapped;
}

void put_16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xFF);
}

std::string text_of(const std::string& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(ip.size() == 4 ? AF_INET : AF_INET6, ip.data(), text, sizeof text);
  return text;
}

std::string version_1(const io::Address& source, const io::Address& destination) {
  std::string_view from = source.ip_bytes(), to = destination.ip_bytes();
  if (from.empty() || to.empty()) return "PROXY UNKNOWN\r\n";
  bool is_v4 = from.size() == 4 && to.size() == 4;
  std::string first = is_v4 ? std::string(from) : as_v6(from);
  std::string second = is_v4 ? std::string(to) : as_v6(to);
  return std::string("PROXY ") + (is_v4 ? "TCP4 " : "TCP6 ") + text_of(first) + ' ' +
         text_of(second) + ' ' + std::to_string(source.port()) + ' ' +
         std::to_string(destination.port()) + "\r\n";
}

std::string version_2(const io::Address& source, const io::Address& destination) {
  constexpr char kVersionAndProxy = 0x21, kOverTcp4 = 0x11, kOverTcp6 = 0x21;
  std::string_view from = source.ip_bytes(), to = destination.ip_bytes();
  std::string out(kSignature);
  out += kVersionAndProxy;
  if (from.empty() || to.empty()) {
    out += '\0';
    put_16(out, 0);
    return out;
  }
  bool is_v4 = from.size() == 4 && to.size() == 4;
  out += is_v4 ? kOverTcp4 : kOverTcp6;
  put_16(out, is_v4 ? 12 : 36);
  out += is_v4 ? std::string(from) : as_v6(from);
  out += is_v4 ? std::string(to) : as_v6(to);
  put_16(out, source.port());
  put_16(out, destination.port());
  return out;
}

}  // namespace

std::string proxy_header(int version, const io::Address& source, const io::Address& destination) {
  return version == 1 ? version_1(source, destination) : version_2(source, destination);
}

}  // namespace fairlead::tcp
