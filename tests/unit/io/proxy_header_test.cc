#include "io/proxy_header.h"

#include <string>

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::io;
using namespace std::string_literals;
using State = ProxyHeaderParser::State;

namespace {

struct Outcome {
  State state = State::more;
  bool is_bad = false;
  size_t taken = 0;
  std::string source, destination;
};

// Feeds `bytes` as they would arrive: `step` more at a time, untaken ones again.
Outcome parse(std::string_view bytes, size_t step) {
  ProxyHeaderParser parser;
  Outcome out;
  for (size_t arrived = std::min(step, bytes.size());;
       arrived = std::min(arrived + step, bytes.size())) {
    auto fed = parser.feed(bytes.substr(out.taken, arrived - out.taken));
    if (!fed) {
      CHECK(fed.error().code == Code::bad_proxy_header);
      out.is_bad = true;
      return out;
    }
    out.taken += fed->taken;
    out.state = fed->state;
    if (fed->state != State::more || arrived == bytes.size()) break;
  }
  if (out.state == State::found) {
    out.source = parser.source().is_set() ? parser.source().text() : "";
    out.destination = parser.destination().is_set() ? parser.destination().text() : "";
  }
  return out;
}

Outcome parse_all_ways(std::string_view bytes) {
  Outcome whole = parse(bytes, bytes.size());
  for (size_t step : {1, 2, 7}) {
    Outcome pieces = parse(bytes, step);
    CHECK(pieces.is_bad == whole.is_bad);
    CHECK(pieces.state == (whole.is_bad ? pieces.state : whole.state));
    if (!whole.is_bad) CHECK(pieces.taken == whole.taken);
    CHECK(pieces.source == whole.source);
  }
  return whole;
}

std::string v2(uint8_t command, uint8_t family, const std::string& rest) {
  std::string out = "\r\n\r\n\0\r\nQUIT\n"s;
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(rest.size() >> 8);
  out += static_cast<char>(rest.size() & 255);
  return out + rest;
}

const std::string kFour = "\x0a\x01\x02\x03\xc0\x00\x02\x01\x30\x39\x01\xbb"s;

}  // namespace

TEST_CASE("a_proxy_header_of_version_1_names_client_and_destination") {
  struct {
    std::string line, source, destination;
  } const cases[] = {
      {"PROXY TCP4 10.1.2.3 192.0.2.1 12345 443", "10.1.2.3:12345", "192.0.2.1:443"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 0", "255.255.255.255:65535",
       "255.255.255.255:0"},
      {"PROXY TCP6 2001:db8::1 ::1 1 2", "[2001:db8::1]:1", "[::1]:2"},
      {"PROXY UNKNOWN", "", ""},
      {"PROXY UNKNOWN ffff:f:f ffff 65535 65535", "", ""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.line);
    Outcome out = parse_all_ways(one.line + "\r\nGET / HTTP/1.1\r\n");
    CHECK(out.state == State::found);
    CHECK(out.taken == one.line.size() + 2);
    CHECK(out.source == one.source);
    CHECK(out.destination == one.destination);
  }
}

TEST_CASE("a_proxy_header_of_version_1_is_taken_literally_or_not_at_all") {
  for (std::string line : {
           "PROXY \r\n",
           "PROXY TCP4\r\n",
           "PROXY TCP4 \r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 12345\r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 12345 443 \r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 12345 443 1\r\n",
           "PROXY TCP4  10.1.2.3 192.0.2.1 12345 443\r\n",
           "PROXY  TCP4 10.1.2.3 192.0.2.1 12345 443\r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 12345 443\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 12345 443\r\r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 12345 65536\r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 0012345 443\r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 +5 443\r\n",
           "PROXY TCP4 10.1.2.3 192.0.2.1 -5 443\r\n",
           "PROXY TCP4 10.1.2.300 192.0.2.1 1 443\r\n",
           "PROXY TCP4 10.1.2 192.0.2.1 1 443\r\n",
           "PROXY TCP4 010.1.2.3 192.0.2.1 1 443\r\n",
           "PROXY TCP4 ::1 ::1 1 443\r\n",
           "PROXY TCP6 10.1.2.3 192.0.2.1 1 443\r\n",
           "PROXY TCP6 [::1] ::1 1 443\r\n",
           "PROXY TCP6 fe80::1%eth0 ::1 1 443\r\n",
           "PROXY UNKNOWNS\r\n",
           "PROXY UDP4 10.1.2.3 192.0.2.1 12345 443\r\n",
           "PROXY tcp4 10.1.2.3 192.0.2.1 12345 443\r\n",
           "PROXY TCP4 10.1.2.3\t192.0.2.1 12345 443\r\n",
       }) {
    CAPTURE(line);
    CHECK(parse_all_ways(line).is_bad);
  }
  CHECK(parse_all_ways("PROXY TCP4 10.1.2.3\0 192.0.2.1 12345 443\r\n"s).is_bad);
}

TEST_CASE("a_proxy_line_longer_than_any_address_needs_is_refused") {
  std::string line = "PROXY UNKNOWN " + std::string(91, 'x');
  CHECK(parse_all_ways(line + "\r\n").state == State::found);
  CHECK(parse_all_ways(line + "x\r\n").is_bad);
  CHECK(parse_all_ways("PROXY UNKNOWN " + std::string(5000, 'x')).is_bad);
}

TEST_CASE("a_connection_without_proxy_header_loses_no_byte") {
  for (std::string bytes : {"GET / HTTP/1.1\r\n\r\n"s, "POST / HTTP/1.1\r\n"s, "PROXX"s, "P "s,
                            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s, "\x16\x03\x01\x02"s, "\r\nGET /"s,
                            "\r\n\r\n\0\r\nQUIT\r"s, "PROXY\r\n"s, "proxy TCP4"s}) {
    CAPTURE(bytes);
    Outcome out = parse_all_ways(bytes);
    CHECK(out.state == State::absent);
    CHECK(out.taken == 0);
  }
  CHECK(parse_all_ways("PROX").state == State::more);
  CHECK(parse_all_ways("PROX").taken == 0);
}

TEST_CASE("a_proxy_header_of_version_2_names_client_and_destination") {
  Outcome four = parse_all_ways(v2(0x21, 0x11, kFour) + "GET");
  CHECK(four.state == State::found);
  CHECK(four.taken == 28);
  CHECK(four.source == "10.1.2.3:12345");
  CHECK(four.destination == "192.0.2.1:443");
  std::string six = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" + std::string(15, '\0') +
                    "\x01\x00\x50\x01\xbb"s;
  Outcome out = parse_all_ways(v2(0x21, 0x21, six));
  CHECK(out.source == "[2001:db8::1]:80");
  CHECK(out.destination == "[::1]:443");
}

TEST_CASE("values_after_the_addresses_are_skipped") {
  std::string values = kFour + "\x04\x00\x08" + std::string(8, 'n') + std::string(9000, '\x04');
  Outcome out = parse_all_ways(v2(0x21, 0x11, values) + "GET");
  CHECK(out.state == State::found);
  CHECK(out.taken == 16 + values.size());
  CHECK(out.source == "10.1.2.3:12345");
}

TEST_CASE("a_proxys_own_connection_keeps_its_addresses") {
  for (const std::string& bytes : {v2(0x20, 0x00, ""), v2(0x20, 0x11, kFour), v2(0x20, 0xff, "xyz"),
                                   v2(0x21, 0x00, "abc"), v2(0x21, 0x31, std::string(216, 'u'))}) {
    CAPTURE(bytes.size());
    Outcome out = parse_all_ways(bytes + "GET");
    CHECK(out.state == State::found);
    CHECK(out.taken == bytes.size());
    CHECK(out.source == "");
  }
}

TEST_CASE("a_proxy_header_of_version_2_is_exact_or_refused") {
  for (const std::string& bytes :
       {v2(0x11, 0x11, kFour), v2(0x31, 0x11, kFour), v2(0x22, 0x11, kFour), v2(0x2f, 0x11, kFour),
        v2(0x21, 0x41, kFour), v2(0x21, 0x13, kFour), v2(0x21, 0x11, kFour.substr(1)),
        v2(0x21, 0x21, kFour), v2(0x21, 0x31, std::string(215, 'u')), v2(0x21, 0x11, ""),
        v2(0x21, 0x11, kFour + std::string(ProxyHeaderParser::kMostBytes, 'x'))}) {
    CAPTURE(bytes.size());
    CHECK(parse_all_ways(bytes).is_bad);
  }
}
