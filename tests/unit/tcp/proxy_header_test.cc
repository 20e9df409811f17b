#include "tcp/proxy_header.h"

#include <doctest/doctest.h>

#include "io/proxy_header.h"

namespace fairlead::tcp {
namespace {

io::Address address(const char* ip, uint16_t port) { return *io::Address::parse(ip, port); }

}  // namespace

TEST_CASE("proxy_headers_say_who_the_client_is") {
  CHECK(proxy_header(1, address("192.0.2.1", 1234), address("10.0.0.1", 443)) ==
        "PROXY TCP4 192.0.2.1 10.0.0.1 1234 443\r\n");
  CHECK(proxy_header(1, address("2001:db8::1", 1), address("::1", 2)) ==
        "PROXY TCP6 2001:db8::1 ::1 1 2\r\n");
  CHECK(proxy_header(1, address("192.0.2.1", 1), address("::1", 2)) ==
        "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n");
  CHECK(proxy_header(1, *io::Address::unix_path("/x"), address("::1", 2)) == "PROXY UNKNOWN\r\n");
}

TEST_CASE("both_versions_are_read_back_by_the_parser") {
  for (int version : {1, 2}) {
    for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
      io::Address source = address(ip, 1234);
      io::Address destination = address(ip, 443);
      std::string header = proxy_header(version, source, destination);
      io::ProxyHeaderParser parser;
      auto step = parser.feed(header);
      size_t fed = 0;
      while (step && step->state == io::ProxyHeaderParser::State::more && fed < header.size()) {
        fed += step->taken;
        step = parser.feed(std::string_view(header).substr(fed));
      }
      REQUIRE(step.has_value());
      CHECK(step->state == io::ProxyHeaderParser::State::found);
      CHECK(parser.source() == source);
      CHECK(parser.destination() == destination);
    }
  }
}

TEST_CASE("an_ipv4_client_on_a_dual_stack_listener_stays_ipv4") {
  std::string mapped =
      proxy_header(1, address("::ffff:192.0.2.1", 5), address("::ffff:10.0.0.1", 6));
  CHECK(mapped == "PROXY TCP4 192.0.2.1 10.0.0.1 5 6\r\n");
}

}  // namespace fairlead::tcp
