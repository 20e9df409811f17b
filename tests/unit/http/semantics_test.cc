#include "http/semantics.h"

#include <string>

#include <doctest/doctest.h>

#include "http/codec/h1_parser.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

struct Request {
  Arena arena;
  RequestHead head{arena};
  Code code = Code::ok;

  explicit Request(std::string_view bytes, RequestPolicy policy = {}) {
    HeadParser parser(HeadParser::Kind::request);
    auto parsed = parser.parse(bytes, arena, head);
    REQUIRE(parsed);
    REQUIRE(*parsed > 0);
    auto checked = check_request(head, arena, policy);
    if (!checked) code = checked.error().code;
  }
};

std::string with_target(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a.example\r\n\r\n";
}

std::string upgrade(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a.example\r\n" + std::string(fields) + "\r\n";
}

constexpr std::string_view kWebSocket =
    "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

TEST_CASE("semantics: paths have one normal form") {
  const struct {
    std::string_view target, path, query;
  } rows[] = {
      {"/", "/", ""},
      {"/a/b?c=d", "/a/b", "c=d"},
      {"/a?", "/a", ""},
      {"/a//b///c", "/a/b/c", ""},
      {"//a", "/a", ""},
      {"/a/./b/../c", "/a/c", ""},
      {"/a/b/..", "/a", ""},
      {"/a/b/../", "/a/", ""},
      {"/a/.", "/a", ""},
      {"/..", "/", ""},
      {"/../../../etc", "/etc", ""},
      {"/%2e%2E/%2e/a", "/a", ""},
      {"/a/%2E%2E", "/", ""},
      {"/..a/.b/...", "/..a/.b/...", ""},
      {"/..;/a", "/..;/a", ""},
      {"/%41%7e%2d", "/A~-", ""},
      {"/a%2fb%c3%a9", "/a%2Fb%C3%A9", ""},
      {"/%252e%252e/a", "/%252e%252e/a", ""},
      {"/a?b=/../c%2e", "/a", "b=/../c%2e"},
      {"/a?b;c=d;e", "/a", "b&c=d&e"},
      {"http://a.example?x", "/", "x"},
      {"http://A.example/b/../c", "/c", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    Request request(with_target(row.target));
    CHECK(name(request.code) == "ok");
    CHECK(request.head.path == row.path);
    CHECK(request.head.query == row.query);
    CHECK(request.head.has_query == row.target.contains('?'));
    // Normal means that doing it again changes nothing.
    Request again(with_target(request.head.path));
    CHECK(again.head.path == request.head.path);
  }
}

TEST_CASE("semantics: without sanitizing only escapes are normalised") {
  Request request(with_target("/a//../%2e%2e/%2f"), {.sanitizes_path = false});
  CHECK(request.head.path == "/a//../../%2F");
}

TEST_CASE("semantics: each encoded character has its switch") {
  const struct {
    std::string_view target;
    bool RequestPolicy::* allows;
  } rows[] = {
      {"/a%2fb", &RequestPolicy::allows_encoded_slash},
      {"/a%5Cb", &RequestPolicy::allows_encoded_back_slash},
      {"/a%00b", &RequestPolicy::allows_encoded_null_character},
      {"/a%3bb", &RequestPolicy::allows_encoded_semicolon},
      {"/a%25b", &RequestPolicy::allows_encoded_percent},
      {"/a%3Fb", &RequestPolicy::allows_encoded_question_mark},
      {"/a%23b", &RequestPolicy::allows_encoded_hash},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    RequestPolicy policy;
    CHECK(name(Request(with_target(row.target), policy).code) == "ok");
    policy.*row.allows = false;
    CHECK(name(Request(with_target(row.target), policy).code) == "bad_path");
    CHECK(name(Request(with_target("/a?" + std::string(row.target)), policy).code) == "ok");
    for (const auto& other : rows) {
      if (&other != &row) CHECK(name(Request(with_target(other.target), policy).code) == "ok");
    }
  }
}

TEST_CASE("semantics: query semicolons are encoded when asked for") {
  Request request(with_target("/;a?b;c"), {.encodes_query_semicolons = true});
  CHECK(request.head.path == "/;a");
  CHECK(request.head.query == "b%3Bc");
}

TEST_CASE("semantics: underscore names are kept, removed or refused") {
  std::string bytes = upgrade("X_A: b\r\nX-C: d\r\n");
  using enum RequestPolicy::Underscores;
  CHECK(Request(bytes, {.underscores = keep}).head.headers.size() == 3);
  Request removed(bytes, {.underscores = remove});
  CHECK(removed.head.headers.size() == 2);
  CHECK(removed.head.headers.find("X_A") == nullptr);
  CHECK(name(Request(bytes, {.underscores = reject}).code) == "bad_header_name");
}

TEST_CASE("semantics: the host is lower case, without port, brackets and last dot") {
  const struct {
    std::string_view field, host;
  } rows[] = {
      {"A.Example", "a.example"},
      {"a.example.:8080", "a.example"},
      {"[2001:DB8::1]:443", "2001:db8::1"},
      {"127.0.0.1:80", "127.0.0.1"},
  };
  for (const auto& row : rows) {
    Request request("GET / HTTP/1.1\r\nHost: " + std::string(row.field) + "\r\n\r\n");
    CHECK(request.head.host == row.host);
    CHECK(request.head.authority == row.field);
  }
  auto parts = split_host_port("[::1]:8080");
  REQUIRE(parts);
  CHECK(parts->host == "::1");
  CHECK(parts->port == 8080);
  CHECK(split_host_port("a.example")->port == 0);
  CHECK(!split_host_port("a.example:0"));
  CHECK(!split_host_port(""));
}

TEST_CASE("semantics: keep-alive follows version and Connection") {
  auto keeps = [](std::string_view version, std::string_view connection) {
    return Request("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" +
                   std::string(connection) + "\r\n")
        .head.is_keep_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK(!keeps("1.1", "Connection: foo, Close\r\n"));
  CHECK(!keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  CHECK(!keeps("1.0", ""));
  CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
  CHECK(!keeps("1.0", "Connection: keep-alive, close\r\n"));
}

TEST_CASE("semantics: only a well-formed upgrade is one") {
  Request good(upgrade(kWebSocket));
  CHECK(good.head.wants_upgrade);
  CHECK(good.head.upgrade == "WebSocket");
  CHECK(Request(upgrade("Connection: upgrade\r\nUpgrade: irc/6.9\r\n")).head.wants_upgrade);
  auto wants = [](std::string bytes) { return Request(bytes).head.wants_upgrade; };
  auto changed = [](std::string_view from, std::string_view to) {
    std::string bytes = upgrade(kWebSocket);
    bytes.replace(bytes.find(from), from.size(), to);
    return bytes;
  };
  CHECK(!wants(changed("GET", "PUT")));
  CHECK(!wants(changed("HTTP/1.1", "HTTP/1.0")));
  CHECK(!wants(changed(", Upgrade", "")));
  CHECK(!wants(changed("WebSocket", "websocket, h2c")));
  CHECK(!wants(changed("Version: 13", "Version: 8")));
  CHECK(!wants(changed("==", "=")));
  CHECK(!wants(changed("dGhl", "d hl")));
  CHECK(!wants(changed("dGhl", "d!hl")));
  CHECK(!wants(changed("Sec-WebSocket-Key", "X-Key")));
  CHECK(!wants(upgrade("Connection: upgrade\r\nUpgrade: h2c\r\n")));
  CHECK(!wants(upgrade("Connection: upgrade\r\nUpgrade: HTTP/2.0\r\n")));
  CHECK(!wants(upgrade("Connection: upgrade\r\nUpgrade: \r\n")));
  CHECK(!wants(upgrade("Connection: upgrade\r\nUpgrade: a/b/c\r\n")));
  CHECK(!wants(upgrade("Connection: upgrade\r\nUpgrade: irc\r\nContent-Length: 3\r\n")));
}

TEST_CASE("semantics: an expectation counts where there is a body to wait for") {
  auto expects = [](std::string_view version, std::string_view framing) {
    return Request("POST / HTTP/" + std::string(version) +
                   "\r\nHost: a\r\nExpect: 100-continue\r\n" + std::string(framing) + "\r\n")
        .head.expects_continue;
  };
  CHECK(expects("1.1", "Content-Length: 1\r\n"));
  CHECK(expects("1.1", "Transfer-Encoding: chunked\r\n"));
  CHECK(!expects("1.1", "Content-Length: 0\r\n"));
  CHECK(!expects("1.1", ""));
  CHECK(!expects("1.0", "Content-Length: 1\r\n"));
}

TEST_CASE("semantics: hop-by-hop fields go, protected ones stay") {
  Arena arena;
  HeaderMap headers(arena);
  for (std::string_view name : {"Connection",
                                "Keep-Alive",
                                "Proxy-Connection",
                                "TE",
                                "Trailer",
                                "Transfer-Encoding",
                                "Upgrade",
                                "HTTP2-Settings",
                                "Proxy",
                                "X-Hop",
                                "X-hop",
                                "X-Second",
                                "Content-Length",
                                "Host",
                                "Authorization",
                                "Cookie",
                                "X-Forwarded-For",
                                "X-Forwarded-New",
                                "X-Real-Ip",
                                "Forwarded",
                                "Sec-Fetch-Site",
                                "Accept"}) {
    headers.add(name, "v");
  }
  headers.set("TE", "gzip;q=1, trailers");
  headers.set("Connection",
              "close, x-hop,, host, content-length, authorization, cookie, x-forwarded-for, "
              "x-forwarded-new, x-real-ip, forwarded, sec-fetch-site, connection");
  headers.add("Connection", "X-Second");
  CHECK(strip_hop_by_hop(headers).had_te_trailers);
  std::string left;
  for (const Field& field : headers.fields()) left.append(field.name).append(" ");
  CHECK(left ==
        "Content-Length Host Authorization Cookie X-Forwarded-For X-Forwarded-New X-Real-Ip "
        "Forwarded Sec-Fetch-Site Accept ");
}

TEST_CASE("semantics: matchers see decoded paths but for reserved characters") {
  Arena arena;
  std::string_view plain = "/a/b";
  CHECK(routing_path(plain, arena).data() == plain.data());
  std::string_view kept = "/a%2Fb%25c";
  CHECK(routing_path(kept, arena).data() == kept.data());
  CHECK(routing_path("/%c3%a9%20%22%2f%3b%25", arena) == "/\xc3\xa9 \"%2F%3B%25");
  CHECK(routing_path("/%zz%4", arena) == "/%zz%4");
}

TEST_CASE("semantics: a response may switch protocols only when it was asked to") {
  Arena arena;
  ResponseHead head(arena);
  head.status = 101;
  head.headers.add("Upgrade", "websocket");
  CHECK(check_response(head, Method::get, true).has_value());
  CHECK(head.body_kind == BodyKind::none);
  CHECK(!check_response(head, Method::get, false));
  head.headers.clear();
  CHECK(!check_response(head, Method::get, true));
}

TEST_CASE("semantics: HTTP/2 requests keep their own framing and pass the same checks") {
  Arena arena;
  auto judge = [&](RequestHead& head) {
    head.version = Version::http2;
    head.method_text = "GET";
    if (head.target.empty()) head.target = "/a/../b";
    auto checked = check_request(head, arena, {});
    return checked ? Code::ok : checked.error().code;
  };
  RequestHead streamed(arena);
  streamed.authority = "A.example";
  streamed.body_kind = BodyKind::chunked;
  CHECK(name(judge(streamed)) == "ok");
  CHECK(streamed.body_kind == BodyKind::chunked);
  CHECK(streamed.host == "a.example");
  CHECK(streamed.path == "/b");
  RequestHead sized(arena);
  sized.authority = "a";
  sized.body_kind = BodyKind::chunked;
  sized.headers.add("content-length", "3");
  CHECK(name(judge(sized)) == "ok");
  CHECK(sized.content_length == 3);
  RequestHead lying(arena);
  lying.authority = "a";
  lying.headers.add("content-length", "3");
  CHECK(name(judge(lying)) == "bad_content_length");
  RequestHead coded(arena);
  coded.authority = "a";
  coded.headers.add("transfer-encoding", "chunked");
  CHECK(name(judge(coded)) == "bad_transfer_encoding");
  RequestHead two_hosts(arena);
  two_hosts.authority = "a";
  two_hosts.headers.add("host", "b");
  CHECK(name(judge(two_hosts)) == "bad_host");
  RequestHead only_host(arena);
  only_host.headers.add("host", "b");
  CHECK(name(judge(only_host)) == "ok");
  for (std::string_view target : {"http://a/", "a", "/a b", "/a\r\nb", "/a#b", "/\xc3"}) {
    RequestHead odd(arena);
    odd.authority = "a";
    odd.target = target;
    CHECK(name(judge(odd)) == "bad_target");
  }
}

TEST_CASE("options_of_connection_may_be_left_for_later") {
  Arena arena;
  HeaderMap headers(arena);
  headers.add("Connection", "X-Kept, x-gone, close, Cookie");
  for (const char* name : {"X-Kept", "X-Gone", "Cookie", "X-Other"}) headers.add(name, "1");
  std::vector<std::string> later{"x-other", "x-kept", "cookie"};
  HopByHop found = strip_hop_by_hop(headers, later);
  CHECK(found.postponed == 0b010);
  CHECK(headers.get("X-Kept") == "1");
  CHECK(headers.get("X-Gone") == "");
  CHECK(headers.get("Connection") == "");
  CHECK(headers.get("Cookie") == "1");
}
