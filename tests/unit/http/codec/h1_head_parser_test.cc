#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "http/codec/h1_parser.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

const std::string kRequest =
    "POST /a?b=c HTTP/1.1\r\nHost: a.example\r\nX-Odd:\t v w \t\r\nx-empty:\r\n"
    "content-length: 3\r\n\r\n";

Code request_code(std::string_view bytes, HeadLimits limits = {}) {
  Arena arena;
  RequestHead head(arena);
  HeadParser parser(HeadParser::Kind::request, limits);
  auto parsed = parser.parse(bytes, arena, head);
  if (!parsed) return parsed.error().code;
  return *parsed == 0 ? Code::would_block : Code::ok;
}

}  // namespace

TEST_CASE("h1_head: reads a request and copies its text") {
  Arena arena;
  RequestHead head(arena);
  HeadParser parser(HeadParser::Kind::request);
  std::string input = kRequest + "abcGET";
  auto parsed = parser.parse(input, arena, head);
  REQUIRE(parsed);
  CHECK(*parsed == kRequest.size());
  input.assign(input.size(), '!');
  CHECK(head.method == Method::post);
  CHECK(head.method_text == "POST");
  CHECK(head.target == "/a?b=c");
  CHECK(head.version == Version::http11);
  REQUIRE(head.headers.size() == 4);
  CHECK(head.headers.get(FieldId::host) == "a.example");
  CHECK(head.headers.get("x-odd") == "v w");
  REQUIRE(head.headers.find("X-Empty") != nullptr);
  CHECK(head.headers.get("X-Empty") == "");
  CHECK(head.headers.find(FieldId::content_length)->name == "content-length");
  CHECK(parser.is_idle());
}

TEST_CASE("h1_head: a head that arrives byte by byte in moving memory is the same head") {
  Arena arena;
  RequestHead head(arena);
  HeadParser parser(HeadParser::Kind::request);
  for (size_t bytes = 0; bytes <= kRequest.size(); ++bytes) {
    auto input = std::make_unique<char[]>(bytes);
    kRequest.copy(input.get(), bytes);
    auto parsed = parser.parse({input.get(), bytes}, arena, head);
    REQUIRE(parsed);
    CHECK(*parsed == (bytes == kRequest.size() ? bytes : 0));
    if (bytes > 0 && bytes < kRequest.size()) CHECK(!parser.is_idle());
  }
  CHECK(head.headers.size() == 4);
  CHECK(head.headers.get("x-odd") == "v w");
  CHECK(head.target == "/a?b=c");
}

TEST_CASE("h1_head: skips one empty line before a request, not two") {
  CHECK(request_code("\r\nGET / HTTP/1.1\r\n\r\n") == Code::ok);
  CHECK(request_code("\r\n\r\nGET / HTTP/1.1\r\n\r\n") == Code::bad_request_line);
  CHECK(request_code("\nGET / HTTP/1.1\r\n\r\n") == Code::bad_line_end);
}

TEST_CASE("h1_head: reports a fault with the line that has it") {
  CHECK(request_code("GET / HTTP/1.1\r\nBad Name") == Code::bad_header_name);
  CHECK(request_code("GET / HTTP/2.0\r\n") == Code::bad_version);
  CHECK(request_code("\x16\x03\x01") == Code::bad_method);
  CHECK(request_code("GET / HTTP/1.1\r\nA: b\r\n c") == Code::obsolete_folding);
}

TEST_CASE("h1_head: keeps its limits exactly") {
  HeadLimits limits{.head_bytes = 60, .line_bytes = 20, .fields = 2};
  CHECK(request_code("GET /567 HTTP/1.1\r\n\r\n", limits) == Code::ok);
  CHECK(request_code("GET /5678901 HTTP/1.1\r\n\r\n", limits) == Code::target_too_long);
  CHECK(request_code("GET /567 HTTP/1.1\r\nA: 45678901234567890\r\n\r\n", limits) == Code::ok);
  CHECK(request_code("GET /567 HTTP/1.1\r\nA: 456789012345678901\r\n\r\n", limits) ==
        Code::head_too_large);
  CHECK(request_code("GET / HTTP/1.1\r\na:\r\nb:\r\n\r\n", limits) == Code::ok);
  CHECK(request_code("GET / HTTP/1.1\r\na:\r\nb:\r\nc:\r\n\r\n", limits) == Code::too_many_fields);
  HeadLimits tight{.head_bytes = 23, .line_bytes = 100, .fields = 9};
  CHECK(request_code("GET / HTTP/1.1\r\na:b\r\n\r\n", tight) == Code::ok);
  // Full to the limit and not complete: more bytes could not help, and may have no room.
  CHECK(request_code("GET / HTTP/1.1\r\na:bc\r\n\r", tight) == Code::head_too_large);
  CHECK(request_code("GET / HTTP/1.1\r\na:bc\r\n\r\n", tight) == Code::head_too_large);
}

TEST_CASE("h1_head: reads status lines with and without a reason") {
  for (std::string_view line : {"HTTP/1.1 200 Very OK", "HTTP/1.1 200 ", "HTTP/1.1 200"}) {
    Arena arena;
    ResponseHead head(arena);
    HeadParser parser(HeadParser::Kind::response);
    auto parsed = parser.parse(std::string(line) + "\r\nServer: x\r\n\r\n", arena, head);
    REQUIRE(parsed);
    CHECK(*parsed > 0);
    CHECK(head.status == 200);
    CHECK(head.reason == (line.size() > 13 ? "Very OK" : ""));
    CHECK(head.headers.get(FieldId::server) == "x");
  }
}

TEST_CASE("h1_head: an idle connection keeps a small parser") {
  CHECK(sizeof(HeadParser) <= 40);
  CHECK(sizeof(BodyParser) <= 48);
}
