#include <string>

#include <doctest/doctest.h>

#include "http/codec/h1_parser.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

struct Decoded {
  std::string body;
  std::string trailers;
  size_t consumed = 0;
  bool is_end = false;
  Code code = Code::ok;

  bool operator==(const Decoded&) const = default;
};

struct Decoder {
  Arena arena;
  HeaderMap trailers{arena};
  BodyParser parser;
  std::string unread;
  Decoded decoded;

  void feed(std::string_view bytes) {
    if (decoded.is_end) return;
    unread.append(bytes);
    while (!decoded.is_end && decoded.code == Code::ok) {
      auto piece = parser.parse(unread, &trailers);
      if (!piece) {
        decoded.code = piece.error().code;
        return;
      }
      decoded.body.append(piece->bytes);
      decoded.consumed += piece->consumed;
      decoded.is_end = piece->is_end;
      unread.erase(0, piece->consumed);
      if (piece->consumed == 0) break;
    }
    if (!decoded.is_end) return;
    for (const Field& field : trailers.fields()) {
      decoded.trailers.append(field.name).append(":").append(field.value).append(";");
    }
  }
};

constexpr std::string_view kChunked =
    "3\r\nabc\r\n1a;x=\"y;z\";w\r\nabcdefghijklmnopqrstuvwxyz\r\n000\r\nX-Sum: 1 \r\nA:\r\n\r\n";

}  // namespace

TEST_CASE("h1_body: chunked decodes the same at every pair of cuts") {
  Decoded expected{.body = "abcabcdefghijklmnopqrstuvwxyz",
                   .trailers = "X-Sum:1;A:;",
                   .consumed = kChunked.size(),
                   .is_end = true};
  std::string input = std::string(kChunked) + "GET";
  for (size_t first = 0; first <= input.size(); ++first) {
    for (size_t second = first; second <= input.size(); ++second) {
      Decoder decoder;
      decoder.parser.start(BodyKind::chunked, 0);
      decoder.feed(std::string_view(input).substr(0, first));
      decoder.feed(std::string_view(input).substr(first, second - first));
      decoder.feed(std::string_view(input).substr(second));
      REQUIRE(decoder.decoded == expected);
    }
  }
}

TEST_CASE("h1_body: a small chunked body is complete with one call") {
  BodyParser parser;
  parser.start(BodyKind::chunked, 0);
  auto piece = parser.parse("2\r\nok\r\n0\r\n\r\nnext", nullptr);
  REQUIRE(piece);
  CHECK(piece->bytes == "ok");
  CHECK(piece->consumed == 12);
  CHECK(piece->is_end);
  CHECK(parser.is_done());
}

TEST_CASE("h1_body: counts a length and leaves the next message alone") {
  BodyParser parser;
  parser.start(BodyKind::length, 5);
  auto piece = parser.parse("abc", nullptr);
  REQUIRE(piece);
  CHECK(piece->bytes == "abc");
  CHECK(!piece->is_end);
  CHECK(parser.remaining() == 2);
  piece = parser.parse("deGET", nullptr);
  REQUIRE(piece);
  CHECK(piece->bytes == "de");
  CHECK(piece->consumed == 2);
  CHECK(piece->is_end);
}

TEST_CASE("h1_body: no body ends without input") {
  for (BodyKind kind : {BodyKind::none, BodyKind::length}) {
    BodyParser parser;
    parser.start(kind, 0);
    auto piece = parser.parse("GET", nullptr);
    REQUIRE(piece);
    CHECK(piece->is_end);
    CHECK(piece->consumed == 0);
  }
}

TEST_CASE("h1_body: extensions are counted over the whole message") {
  std::string input;
  for (int i = 0; i < 200; ++i) input += "1;" + std::string(99, 'x') + "\r\na\r\n";
  Decoder decoder;
  decoder.parser.start(BodyKind::chunked, 0);
  decoder.feed(input);
  CHECK(name(decoder.decoded.code) == "bad_chunk");
  CHECK(decoder.decoded.body.size() > 100);
}

TEST_CASE("h1_body: only an open-ended body may end with the connection") {
  for (BodyKind kind : {BodyKind::length, BodyKind::chunked, BodyKind::until_close}) {
    BodyParser parser;
    parser.start(kind, 3);
    CHECK(parser.finish_at_eof().has_value() == (kind == BodyKind::until_close));
  }
}
