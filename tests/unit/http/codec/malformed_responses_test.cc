// Responses that would desynchronise a connection to an upstream, and look-alikes that are fine.
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/message_feed.h"

using namespace fairlead;
using namespace fairlead::tests;
using namespace std::string_view_literals;

namespace {

struct ResponseRow {
  std::string_view name;
  std::string_view bytes;
  Code code;
  bool is_keep_alive = true;
  http::Method method = http::Method::get;
};

constexpr auto kHead = http::Method::head;

const ResponseRow kRows[] = {
    {"plain", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"sv, Code::ok},
    {"no_reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"sv, Code::ok},
    {"empty_reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"sv, Code::ok},
    {"reason_with_obs_text", "HTTP/1.1 200 \xc3\xa9\r\nContent-Length: 0\r\n\r\n"sv, Code::ok},
    {"reason_with_nul", "HTTP/1.1 200 O\0K\r\n\r\n"sv, Code::bad_status_line},
    {"status_of_two_digits", "HTTP/1.1 20 OK\r\n\r\n"sv, Code::bad_status_line},
    {"status_of_four_digits", "HTTP/1.1 2000 OK\r\n\r\n"sv, Code::bad_status_line},
    {"status_below_100", "HTTP/1.1 099 OK\r\n\r\n"sv, Code::bad_status_line},
    {"status_signed", "HTTP/1.1 +20 OK\r\n\r\n"sv, Code::bad_status_line},
    {"status_after_two_blanks", "HTTP/1.1  200 OK\r\n\r\n"sv, Code::bad_status_line},
    {"status_after_tab", "HTTP/1.1\t200 OK\r\n\r\n"sv, Code::bad_status_line},
    {"no_status", "HTTP/1.1\r\n\r\n"sv, Code::bad_status_line},
    {"version_lower_case", "http/1.1 200 OK\r\n\r\n"sv, Code::bad_status_line},
    {"version_2", "HTTP/2.0 200 OK\r\n\r\n"sv, Code::bad_version},
    {"version_2_short", "HTTP/2 200 OK\r\n\r\n"sv, Code::bad_version},
    {"version_1_2", "HTTP/1.2 200 OK\r\n\r\n"sv, Code::bad_version},
    {"another_protocol", "SSH-2.0-OpenSSH_9.2\r\n"sv, Code::bad_status_line},
    {"no_http_at_all", "hello\r\n"sv, Code::bad_status_line},
    {"tls_alert", "\x15\x03\x01\0\x02\x02"sv, Code::bad_status_line},
    {"empty_line_first", "\r\nHTTP/1.1 200 OK\r\n\r\n"sv, Code::bad_status_line},
    {"bare_lf_after_status", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"sv, Code::bad_line_end},
    {"bare_lf_after_field", "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"sv, Code::bad_line_end},
    {"bare_cr_in_value", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n"sv, Code::bad_line_end},
    {"bare_cr_in_reason", "HTTP/1.1 200 O\rK\r\n\r\n"sv, Code::bad_line_end},
    {"folded_field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"sv, Code::obsolete_folding},
    {"blank_before_colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"sv,
     Code::bad_header_name},
    {"no_colon", "HTTP/1.1 200 OK\r\nabc\r\n\r\n"sv, Code::bad_header_name},
    {"empty_name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n"sv, Code::bad_header_name},
    {"nul_in_value", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"sv, Code::bad_header_value},
    {"length_twice_the_same",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"sv, Code::ok},
    {"length_list_the_same", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"sv, Code::ok},
    {"length_twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"sv,
     Code::bad_content_length},
    {"length_list", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok"sv,
     Code::bad_content_length},
    {"length_empty", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n"sv, Code::bad_content_length},
    {"length_negative", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"sv,
     Code::bad_content_length},
    {"length_past_63_bits", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n"sv,
     Code::bad_content_length},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"sv,
     Code::ok},
    {"chunked_and_length",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     Code::ok, false},
    {"chunked_not_last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"sv,
     Code::unknown_transfer_coding},
    {"chunked_twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"sv,
     Code::bad_transfer_encoding},
    {"coding_with_vertical_tab",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n"sv,
     Code::bad_header_value},
    {"chunked_http_1_0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     Code::bad_transfer_encoding},
    {"chunk_size_bare_lf", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n"sv,
     Code::bad_chunk},
    {"chunk_too_long", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokk\r\n"sv,
     Code::bad_chunk},
    {"trailer_forbidden_is_dropped",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a=b\r\n\r\n"sv,
     Code::ok},
    {"trailer_malformed",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n"sv,
     Code::bad_trailer},
    {"until_close", "HTTP/1.1 200 OK\r\n\r\nsome bytes"sv, Code::would_block, false},
    {"surplus_bytes", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok?"sv, Code::surplus_bytes},
    {"second_response",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv,
     Code::surplus_bytes},
    {"no_content_with_length", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"sv, Code::ok,
     false},
    {"no_content_with_body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"sv,
     Code::surplus_bytes, false},
    {"not_modified_with_length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"sv,
     Code::ok},
    {"not_modified_with_body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok"sv,
     Code::surplus_bytes},
    {"head_with_length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"sv, Code::ok, true, kHead},
    {"head_chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv, Code::ok, true,
     kHead},
    {"head_with_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"sv, Code::surplus_bytes,
     true, kHead},
    {"interim_first",
     "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv,
     Code::ok},
    {"upgrade_unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"sv,
     Code::bad_upgrade},
    {"connection_close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"sv,
     Code::ok, false},
    {"http_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"sv, Code::ok, false},
    {"http_1_0_keep_alive",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"sv, Code::ok},
};

std::string_view code_of(const ResponseRow& row, size_t largest, unsigned seed) {
  std::mt19937 random(seed);
  ResponseFeed feed(row.method);
  std::string_view rest = row.bytes;
  while (!rest.empty()) {
    size_t piece = std::min<size_t>(rest.size(), 1 + random() % largest);
    if (!feed.feed(rest.substr(0, piece))) break;
    rest.remove_prefix(piece);
  }
  return name(feed.code());
}

}  // namespace

TEST_CASE("malformed_responses: each row has the outcome of the table, however it arrives") {
  static_assert(std::size(kRows) >= 40);
  for (const ResponseRow& row : kRows) {
    CAPTURE(row.name);
    ResponseFeed feed(row.method);
    feed.feed(row.bytes);
    CHECK(name(feed.code()) == name(row.code));
    bool has_head =
        row.code == Code::ok || row.code == Code::surplus_bytes || row.code == Code::would_block;
    if (has_head) CHECK(feed.is_keep_alive() == row.is_keep_alive);
    for (unsigned seed = 0; seed < 6; ++seed) {
      CHECK(code_of(row, size_t{1} << seed, seed) == name(row.code));
    }
  }
}

TEST_CASE("malformed_responses: a body without a length ends with the connection") {
  ResponseFeed feed;
  feed.feed("HTTP/1.1 200 OK\r\n\r\nsome bytes");
  CHECK(feed.finish().has_value());
  ResponseFeed cut;
  cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok");
  auto finished = cut.finish();
  REQUIRE(!finished);
  CHECK(name(finished.error().code) == "body_truncated");
  CHECK(name(finished.error().side) == "upstream");
}
