#include "http/codec/h2_headers.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace fairlead::http {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

const Lines kGet = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/a?b=1"}, {":authority", "a.test"}};

struct Decoded {
  Arena arena;
  H2Limits limits;
  H2HeaderBlock block{H2HeaderBlock::Kind::request, limits};
  RequestHead head{arena};
  Code code = Code::ok;

  explicit Decoded(const Lines& lines, bool ends_stream = true) {
    for (const auto& [name, value] : lines) block.add(name, value, head.headers);
    code = block.finish(head, ends_stream);
  }
};

Lines with(Lines lines, std::string name, std::string value) {
  lines.emplace_back(std::move(name), std::move(value));
  return lines;
}

TEST_CASE("h2_head_becomes_a_request_head") {
  Decoded d(with(kGet, "accept", "*/*"), false);
  CHECK(d.code == Code::ok);
  CHECK(d.head.version == Version::http2);
  CHECK(d.head.method == Method::get);
  CHECK(d.head.method_text == "GET");
  CHECK(d.head.target == "/a?b=1");
  CHECK(d.head.authority == "a.test");
  CHECK(d.head.body_kind == BodyKind::chunked);
  CHECK(d.head.headers.get(FieldId::accept) == "*/*");
  CHECK(Decoded(kGet).head.body_kind == BodyKind::none);
}

TEST_CASE("refuses_malformed_h2_heads") {
  struct Case {
    const char* name;
    Lines lines;
    Code code;
  };
  using std::string;
  const Code pseudo = Code::h2_bad_pseudo_header;
  const std::vector<Case> cases = {
      {"no_method", {{":scheme", "http"}, {":path", "/"}}, pseudo},
      {"no_scheme", {{":method", "GET"}, {":path", "/"}}, pseudo},
      {"no_path", {{":method", "GET"}, {":scheme", "http"}}, pseudo},
      {"empty_path", {{":method", "GET"}, {":scheme", "http"}, {":path", ""}}, pseudo},
      {"relative_path", {{":method", "GET"}, {":scheme", "http"}, {":path", "a"}}, pseudo},
      {"absolute_path", {{":method", "GET"}, {":scheme", "http"}, {":path", "http://b/"}}, pseudo},
      {"asterisk_get", {{":method", "GET"}, {":scheme", "http"}, {":path", "*"}}, pseudo},
      {"blank_in_path",
       {{":method", "GET"}, {":scheme", "http"}, {":path", "/a HTTP/1.1"}},
       pseudo},
      {"crlf_in_path", {{":method", "GET"}, {":scheme", "http"}, {":path", "/\r\nx: y"}}, pseudo},
      {"fragment", {{":method", "GET"}, {":scheme", "http"}, {":path", "/#a"}}, pseudo},
      {"two_methods", with(kGet, ":method", "GET"), pseudo},
      {"two_paths", with(kGet, ":path", "/"), pseudo},
      {"two_schemes", with(kGet, ":scheme", "http"), pseudo},
      {"two_authorities", with(kGet, ":authority", "a.test"), pseudo},
      {"unknown_pseudo", with(kGet, ":foo", "bar"), pseudo},
      {"response_pseudo", with(kGet, ":status", "200"), pseudo},
      {"pseudo_after_field",
       with(with({{":method", "GET"}, {":scheme", "http"}}, "a", "b"), ":path", "/"), pseudo},
      {"protocol_without_connect", with(kGet, ":protocol", "websocket"), pseudo},
      {"method_with_blank",
       {{":method", "GE T"}, {":scheme", "http"}, {":path", "/"}},
       Code::bad_method},
      {"method_crlf",
       {{":method", "GET / HTTP/1.1\r\n"}, {":scheme", "http"}, {":path", "/"}},
       pseudo},
      {"odd_scheme", {{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}}, Code::bad_target},
      {"upper_case_name", with(kGet, "X-A", "b"), Code::bad_header_name},
      {"empty_name", with(kGet, "", "b"), Code::bad_header_name},
      {"blank_in_name", with(kGet, "a b", "b"), Code::bad_header_name},
      {"colon_in_name", with(kGet, "a:b", "b"), Code::bad_header_name},
      {"crlf_in_name", with(kGet, "a\r\nb", "b"), Code::bad_header_name},
      {"crlf_in_value", with(kGet, "a", "b\r\nx: y"), Code::bad_header_value},
      {"lf_in_value", with(kGet, "a", "b\nc"), Code::bad_header_value},
      {"nul_in_value", with(kGet, "a", string("b\0c", 3)), Code::bad_header_value},
      {"leading_blank", with(kGet, "a", " b"), Code::bad_header_value},
      {"trailing_tab", with(kGet, "a", "b\t"), Code::bad_header_value},
      {"connection", with(kGet, "connection", "close"), Code::bad_header_name},
      {"keep_alive", with(kGet, "keep-alive", "timeout=5"), Code::bad_header_name},
      {"proxy_connection", with(kGet, "proxy-connection", "keep-alive"), Code::bad_header_name},
      {"transfer_encoding", with(kGet, "transfer-encoding", "chunked"), Code::bad_header_name},
      {"upgrade", with(kGet, "upgrade", "h2c"), Code::bad_header_name},
      {"te_gzip", with(kGet, "te", "gzip"), Code::bad_header_name},
      {"te_list", with(kGet, "te", "trailers, gzip"), Code::bad_header_name},
      {"connect",
       {{":method", "CONNECT"}, {":authority", "a.test:443"}},
       Code::connect_unsupported},
      {"connect_with_path",
       {{":method", "CONNECT"}, {":authority", "a.test:443"}, {":path", "/"}},
       pseudo},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(name(Decoded(c.lines).code) == name(c.code));
  }
}

TEST_CASE("h2_accepts_what_is_allowed") {
  CHECK(Decoded(with(kGet, "te", "trailers")).code == Code::ok);
  CHECK(Decoded(with(kGet, "a", "")).code == Code::ok);
  CHECK(Decoded({{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}}).code == Code::ok);
  CHECK(Decoded({{":path", "/"}, {":scheme", "HTTPS"}, {":method", "GET"}, {"host", "a"}}).code ==
        Code::ok);
}

TEST_CASE("h2_cookie_crumbs_become_one_field") {
  Lines lines =
      with(with(with(with(kGet, "cookie", "a=1"), "x", "y"), "cookie", "b=2"), "cookie", "c=3");
  Decoded d(lines);
  CHECK(d.code == Code::ok);
  CHECK(d.head.headers.count(FieldId::cookie) == 1);
  CHECK(d.head.headers.get(FieldId::cookie) == "a=1; b=2; c=3");
  CHECK(d.head.headers.size() == 2);
}

TEST_CASE("h2_limits_fields_crumbs_and_bytes") {
  Lines fields = kGet;
  for (int i = 0; i < 100; ++i) fields.emplace_back("a", "b");
  Lines crumbs = fields;
  for (int i = 0; i < 256; ++i) crumbs.emplace_back("cookie", "a=b");
  CHECK(Decoded(crumbs).code == Code::ok);
  CHECK(Decoded(with(fields, "a", "b")).code == Code::too_many_fields);
  CHECK(Decoded(with(crumbs, "cookie", "a=b")).code == Code::too_many_fields);
  CHECK(Decoded(with(kGet, "a", std::string(8191, 'x'))).code == Code::ok);
  CHECK(Decoded(with(kGet, "a", std::string(8192, 'x'))).code == Code::head_too_large);
  Lines large = kGet;
  for (int i = 0; i < 5; ++i) large.emplace_back("a", std::string(8000, 'x'));
  CHECK(Decoded(large).code == Code::head_too_large);
}

TEST_CASE("h2_flood_keeps_nothing_beyond_the_limits") {
  Decoded d(kGet);
  size_t before = d.arena.held_bytes();
  for (int i = 0; i < 100'000 && !d.block.is_flood(); ++i)
    d.block.add("cookie", "", d.head.headers);
  CHECK(d.block.is_flood());
  CHECK(d.arena.held_bytes() - before < 64 * 1024);
}

TEST_CASE("h2_extended_connect_becomes_a_websocket_upgrade") {
  Lines connect = {{":method", "CONNECT"},
                   {":protocol", "websocket"},
                   {":scheme", "https"},
                   {":path", "/chat"},
                   {":authority", "a.test"}};
  Decoded d(connect, false);
  CHECK(d.code == Code::ok);
  CHECK(d.block.is_websocket());
  CHECK(d.head.method == Method::get);
  CHECK(d.head.body_kind == BodyKind::none);
  CHECK(Decoded(connect, true).code == Code::bad_upgrade);
  connect[1].second = "connect-udp";
  CHECK(Decoded(connect, false).code == Code::connect_unsupported);
}

TEST_CASE("h2_trailers_have_no_pseudo_headers_and_no_framing") {
  H2Limits limits;
  auto judge = [&](std::string_view name, std::string_view value) {
    Arena arena;
    HeaderMap trailers(arena);
    H2HeaderBlock block(H2HeaderBlock::Kind::trailers, limits);
    block.add(name, value, trailers);
    return block.fault();
  };
  CHECK(judge("grpc-status", "0") == Code::ok);
  CHECK(judge(":path", "/") == Code::h2_bad_pseudo_header);
  CHECK(judge("content-length", "3") == Code::bad_trailer);
  CHECK(judge("host", "evil.test") == Code::bad_trailer);
  CHECK(judge("Upper", "x") == Code::bad_header_name);
}

TEST_CASE("reads_priority_fields") {
  CHECK(read_priority("").is_incremental);
  CHECK(read_priority("").urgency == 3);
  CHECK(read_priority("u=1, i").urgency == 1);
  CHECK(read_priority("u=1, i").is_incremental);
  CHECK_FALSE(read_priority("u=0").is_incremental);
  CHECK(read_priority("u=9").urgency == 3);
  CHECK(read_priority("nonsense;;=,,").urgency == 3);
}

}  // namespace
}  // namespace fairlead::http
