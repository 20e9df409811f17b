#include "cmd/fairlead/whoami_reply.h"

#include <doctest/doctest.h>

using namespace fairlead::command;

namespace {

WhoamiReply reply_to(const std::string& head, int& health) {
  WhoamiRequest request;
  REQUIRE(parse_whoami_head(head, request));
  request.peer = "127.0.0.1:1";
  return whoami_reply(request, {"me", "host", {"10.0.0.1"}}, health);
}

}  // namespace

TEST_CASE("whoami_says_what_it_was_asked") {
  int health = 200;
  CHECK(reply_to("GET /a?b HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\n\r\n", health).body ==
        "Name: me\nHostname: host\nIP: 10.0.0.1\nRemoteAddr: 127.0.0.1:1\n"
        "GET /a?b HTTP/1.1\nHost: x\nX-A: 1\n\n");
  CHECK(reply_to("GET /bench HTTP/1.1\r\n\r\n", health).body == "1");
  CHECK(reply_to("GET /data?size=2&unit=KB HTTP/1.1\r\n\r\n", health).filler_bytes == 2048);
  CHECK(reply_to("GET /data?size=-1 HTTP/1.1\r\n\r\n", health).status == 400);
  CHECK(reply_to("GET /data?size=99999999999999 HTTP/1.1\r\n\r\n", health).status == 400);
  CHECK(reply_to("GET /?wait=250ms HTTP/1.1\r\n\r\n", health).wait_ms == 250);
}

TEST_CASE("whoami_health_is_what_was_posted") {
  int health = 200;
  CHECK(reply_to("GET /health HTTP/1.1\r\n\r\n", health).status == 200);
  reply_to("POST /health?status=503 HTTP/1.1\r\n\r\n", health);
  CHECK(reply_to("GET /health HTTP/1.1\r\n\r\n", health).status == 503);
  CHECK(reply_to("POST /health?status=9 HTTP/1.1\r\n\r\n", health).status == 400);
  CHECK(health == 503);
}

TEST_CASE("whoami_refuses_what_is_no_request") {
  for (const char* bad :
       {"", "GET", "GET /", "GET / FTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nnocolon\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    WhoamiRequest request;
    CAPTURE(bad);
    CHECK_FALSE(parse_whoami_head(bad, request));
  }
}

TEST_CASE("whoami_keeps_connections_as_asked") {
  WhoamiRequest request;
  REQUIRE(parse_whoami_head("GET / HTTP/1.1\r\n\r\n", request));
  CHECK(request.keeps_alive());
  WhoamiRequest close;
  REQUIRE(parse_whoami_head("GET / HTTP/1.1\r\nconnection: Close\r\n\r\n", close));
  CHECK_FALSE(close.keeps_alive());
  CHECK(whoami_head({200, "a/b", "xyz"}, false) ==
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
}
