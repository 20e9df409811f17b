#include "http/codec/h1_writer.h"

#include <string>

#include <doctest/doctest.h>

#include "http/codec/h1_parser.h"
#include "http/semantics.h"
#include "support/malformed_requests.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

std::string write(const RequestHead& head, std::string_view host, const Framing& framing) {
  std::string out(head_bytes(head, framing), '\0');
  size_t bytes = write_request_head(head, host, framing, out.data());
  REQUIRE(bytes <= out.size());
  out.resize(bytes);
  return out;
}

std::string write(const ResponseHead& head, const Framing& framing) {
  std::string out(head_bytes(head, framing), '\0');
  size_t bytes = write_response_head(head, framing, out.data());
  REQUIRE(bytes <= out.size());
  out.resize(bytes);
  return out;
}

struct Request {
  Arena arena;
  RequestHead head{arena};
  bool parse(std::string_view bytes) {
    HeadParser parser(HeadParser::Kind::request);
    auto parsed = parser.parse(bytes, arena, head);
    return parsed && *parsed > 0 && check_request(head, arena, {}).has_value();
  }
};

}  // namespace

TEST_CASE("h1_writer: a request is written from its parts, Host first, framing last") {
  Arena arena;
  RequestHead head(arena);
  head.method_text = "POST";
  head.path = "/a";
  head.query = "b=c";
  head.has_query = true;
  head.headers.add("Host", "old.example");
  head.headers.add("X-A", "b");
  head.headers.add("Content-Length", "9");
  head.headers.add("connection", "x-a");
  head.headers.add("Upgrade", "h2c");
  CHECK(write(head, "new.example", {.kind = BodyKind::length, .length = 3}) ==
        "POST /a?b=c HTTP/1.1\r\nHost: new.example\r\nX-A: b\r\nContent-Length: 3\r\n\r\n");
  CHECK(write(head, "", {.kind = BodyKind::chunked, .is_keep_alive = false}) ==
        "POST /a?b=c HTTP/1.1\r\nHost: \r\nX-A: b\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n");
  head.has_query = false;
  CHECK(write(head, "h", {.writes_length_zero = true, .passes_te_trailers = true}) ==
        "POST /a HTTP/1.1\r\nHost: h\r\nX-A: b\r\nContent-Length: 0\r\nTE: trailers\r\n"
        "Connection: TE\r\n\r\n");
  CHECK(write(head, "h", {.upgrade = "websocket"}) ==
        "POST /a HTTP/1.1\r\nHost: h\r\nX-A: b\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\n\r\n");
}

TEST_CASE("h1_writer: a response has one framing, and none where none may be") {
  Arena arena;
  ResponseHead head(arena);
  head.headers.add("Transfer-Encoding", "gzip");
  CHECK(write(head, {.kind = BodyKind::length, .length = 12}) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
  CHECK(write(head, {.kind = BodyKind::until_close}) ==
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  CHECK(write(head, {.writes_length_zero = true, .names_keep_alive = true}) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  head.status = 204;
  CHECK(write(head, {.kind = BodyKind::chunked}) == "HTTP/1.1 204 No Content\r\n\r\n");
  head.status = 304;
  CHECK(write(head, {.kind = BodyKind::chunked}) == "HTTP/1.1 304 Not Modified\r\n\r\n");
  CHECK(write(head, {.kind = BodyKind::length, .length = 7}) ==
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  head.status = 103;
  CHECK(write(head, {.kind = BodyKind::chunked, .is_keep_alive = false}) ==
        "HTTP/1.1 103 Early Hints\r\n\r\n");
  head.status = 101;
  CHECK(write(head, {.upgrade = "websocket"}) ==
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  head.status = 299;
  head.reason = "Odd";
  CHECK(write(head, {}) == "HTTP/1.1 299 Odd\r\n\r\n");
}

TEST_CASE("h1_writer: nothing a middleware sets can split a head") {
  Arena arena;
  ResponseHead head(arena);
  head.status = 302;
  head.headers.add("Location", "/a\r\nSet-Cookie: x=y");
  head.headers.add("X-Bad\r\nSet-Cookie", "x=y");
  head.headers.add("", "x");
  CHECK(write(head, {}) == "HTTP/1.1 302 Found\r\nLocation: /a  Set-Cookie: x=y\r\n\r\n");
  RequestHead request(arena);
  request.method_text = "GET";
  request.path = "/a b\r\n#\xc3";
  CHECK(write(request, "h\r\nx", {}) == "GET /a%20b%0D%0A%23%C3 HTTP/1.1\r\nHost: h  x\r\n\r\n");
}

TEST_CASE("h1_writer: writes chunk sizes and last chunks") {
  char out[64];
  CHECK(std::string_view(out, write_chunk_size(0xabcdef, out)) == "abcdef\r\n");
  CHECK(std::string_view(out, write_chunk_size(~uint64_t{0}, out)) == "ffffffffffffffff\r\n");
  Arena arena;
  HeaderMap trailers(arena);
  trailers.add("X-Sum", "1");
  trailers.add("Content-Length", "1");
  std::string last(trailer_bytes(trailers), '\0');
  last.resize(write_last_chunk(trailers, last.data()));
  CHECK(last == "0\r\nX-Sum: 1\r\n\r\n");
}

TEST_CASE("h1_writer: what is written parses to the same request") {
  size_t requests = 0;
  for (const tests::RequestRow& row : tests::malformed_requests()) {
    Request first;
    if (!first.parse(row.bytes)) continue;
    CAPTURE(row.name);
    Framing framing{.kind = first.head.body_kind, .length = first.head.content_length};
    std::string written = write(first.head, first.head.authority, framing);
    Request second;
    if (first.head.authority.empty())
      continue;  // HTTP/1.0 without a host is not passed on as it is
    REQUIRE(second.parse(written));
    CHECK(second.head.method_text == first.head.method_text);
    CHECK(second.head.path == first.head.path);
    CHECK(second.head.query == first.head.query);
    CHECK(second.head.host == first.head.host);
    CHECK(second.head.body_kind == first.head.body_kind);
    CHECK(second.head.content_length == first.head.content_length);
    Framing again{.kind = second.head.body_kind, .length = second.head.content_length};
    CHECK(write(second.head, second.head.authority, again) == written);
    ++requests;
  }
  CHECK(requests > 30);
}
