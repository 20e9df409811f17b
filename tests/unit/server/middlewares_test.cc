// Middlewares in a whole data plane: over sockets, with services of their own, through reloads.
#include <doctest/doctest.h>

#include "tests/support/data_plane.h"
#include "tests/support/decoding.h"

using namespace fairlead;
using namespace fairlead::testing;

namespace {

std::string backend(const Origin& origin) {
  return "{loadBalancer: {servers: [{url: 'http://127.0.0.1:" + std::to_string(origin.port()) +
         "'}]}}";
}

std::string document(const std::string& middleware, const std::string& services) {
  return "http:\n  routers:\n    r: {rule: 'PathPrefix(`/`)', service: s, middlewares: [m]}\n"
         "  middlewares:\n    m: " +
         middleware + "\n  services:\n" + services;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string get(DataPlane& plane, std::string_view more = {}) {
  Client client(plane.port());
  client.send("GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\n" + std::string(more) + "\r\n");
  return client.receive();
}

constexpr std::string_view kTooMany = "HTTP/1.1 429";

}  // namespace

TEST_CASE("an_error_page_comes_from_its_own_service") {
  Origin broken([](const std::string&) {
    return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown";
  });
  std::string seen;
  Origin pages([&](const std::string& head) {
    seen = head;
    return ok_response("sorry");
  });
  DataPlane plane(document("{errors: {status: [500-599], service: pages, query: '/{status}'}}",
                           "    s: " + backend(broken) + "\n    pages: " + backend(pages) + "\n"));
  std::string answer = get(plane);
  CHECK(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(answer.ends_with("\r\n\r\nsorry"));
  CHECK(seen.starts_with("GET /503 HTTP/1.1\r\nHost: shop.example\r\n"));
}

TEST_CASE("nobody_behind_a_service_gets_an_error_page_too") {
  Origin pages([&](const std::string&) { return ok_response("sorry"); });
  DataPlane plane(
      document("{errors: {status: [500-599], service: pages, query: '/{status}'}}",
               "    s: {loadBalancer: {servers: []}}\n    pages: " + backend(pages) + "\n"));
  std::string answer = get(plane);
  CHECK(answer.starts_with("HTTP/1.1 503"));
  CHECK(answer.ends_with("\r\n\r\nsorry"));
}

TEST_CASE("forward_auth_asks_over_a_pool_of_its_own") {
  Origin origin(
      [](const std::string& head) { return ok_response(has(head, "X-User: ann") ? "ann" : "?"); });
  std::string asked;
  Origin auth([&](const std::string& head) {
    asked = head;
    if (has(head, "Cookie: good")) {
      return std::string("HTTP/1.1 200 OK\r\nX-User: ann\r\nContent-Length: 2\r\n\r\nok");
    }
    return std::string("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 5\r\n\r\nlogin");
  });
  std::string options = "{forwardAuth: {address: 'http://127.0.0.1:" + std::to_string(auth.port()) +
                        "/v', authResponseHeaders: [X-User]}}";
  DataPlane plane(document(options, "    s: " + backend(origin) + "\n"));
  for (int i = 0; i < 5; ++i) CHECK(get(plane, "Cookie: good\r\n").ends_with("\r\n\r\nann"));
  CHECK(has(asked, "GET /v HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(auth.port())));
  CHECK(has(asked, "\r\nX-Forwarded-Uri: /a?b=c\r\n"));
  CHECK(has(asked, "\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  CHECK(auth.connections() == 1);
  std::string no = get(plane);
  CHECK(no.starts_with("HTTP/1.1 302 Found\r\n"));
  CHECK(has(no, "\r\nLocation: http://127.0.0.1:" + std::to_string(auth.port()) + "/login\r\n"));
  CHECK(no.ends_with("\r\n\r\nlogin"));
  CHECK(origin.requests() == 5);
}

TEST_CASE("limits_survive_reloads_that_do_not_change_them") {
  Origin origin([](const std::string&) { return ok_response("x"); });
  std::string service = "    s: " + backend(origin) + "\n";
  std::string limit = "{rateLimit: {average: 1, period: 1h, burst: 2}}";
  DataPlane plane(document(limit, service));
  CHECK(get(plane).starts_with("HTTP/1.1 200"));
  CHECK(get(plane).starts_with("HTTP/1.1 200"));
  CHECK(get(plane).starts_with(kTooMany));
  plane.publish(document(limit, service + "    other: {loadBalancer: {servers: []}}\n"));
  CHECK(get(plane).starts_with(kTooMany));
  plane.publish(document("{rateLimit: {average: 1, period: 1h, burst: 3}}", service));
  CHECK(get(plane).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a_request_in_flight_counts_until_the_client_has_its_answer") {
  std::atomic<bool> may_answer{false}, was_asked{false};
  Origin origin([&](const std::string&) {
    was_asked = true;
    while (!may_answer) std::this_thread::yield();
    return ok_response("x");
  });
  DataPlane plane(document("{inFlightReq: {amount: 1}}", "    s: " + backend(origin) + "\n"));
  Client first(plane.port());
  first.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  while (!was_asked) std::this_thread::yield();
  CHECK(get(plane).starts_with(kTooMany));
  may_answer = true;
  CHECK(first.receive().starts_with("HTTP/1.1 200"));
  CHECK(get(plane).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a_client_that_leaves_gives_its_place_back") {
  std::atomic<bool> was_asked{false}, may_answer{false};
  Origin origin([&](const std::string&) {
    if (was_asked.exchange(true)) return ok_response("x");
    while (!may_answer) std::this_thread::yield();
    return std::string();
  });
  DataPlane plane(document("{inFlightReq: {amount: 1}}", "    s: " + backend(origin) + "\n"));
  {
    Client gone(plane.port());
    gone.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    while (!was_asked) std::this_thread::yield();
  }
  may_answer = true;
  std::string answer = get(plane);
  for (int i = 0; i < 1000 && answer.starts_with(kTooMany); ++i) answer = get(plane);
  CHECK(answer.starts_with("HTTP/1.1 200"));
}

TEST_CASE("retry_sends_the_whole_body_again") {
  std::atomic<int> asked{0};
  // Answers before it has read the body; the next try is on another connection.
  Origin origin([&](const std::string&) {
    if (++asked < 3)
      return std::string("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return ok_response("done");
  });
  DataPlane plane(
      document("{retry: {attempts: 3, status: ['503']}}", "    s: " + backend(origin) + "\n"));
  Client client(plane.port());
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  client.send("67890");
  std::string answer = client.receive();
  CHECK(answer.ends_with("done"));
  CHECK(asked == 3);
}

TEST_CASE("a_second_attempt_prefers_another_server") {
  Origin bad([](const std::string&) {
    return std::string("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  });
  Origin good([](const std::string&) { return ok_response("good"); });
  auto url = [](const Origin& origin, int weight) {
    return "{url: 'http://127.0.0.1:" + std::to_string(origin.port()) +
           "', weight: " + std::to_string(weight) + "}";
  };
  // The bad one's turn comes several times in a row.
  DataPlane plane(
      document("{retry: {attempts: 2, status: ['503']}}",
               "    s: {loadBalancer: {servers: [" + url(bad, 9) + ", " + url(good, 1) + "]}}\n"));
  for (int i = 0; i < 20; ++i) CHECK(get(plane).ends_with("good"));
}

TEST_CASE("headers_mark_fairleads_own_errors_too") {
  DataPlane plane(
      document("{headers: {customResponseHeaders: {X-Edge: fairlead}, frameDeny: true}}",
               "    s: {loadBalancer: {servers: []}}\n"));
  std::string answer = get(plane);
  CHECK(answer.starts_with("HTTP/1.1 503"));
  CHECK(has(answer, "\r\nX-Edge: fairlead\r\n"));
  CHECK(has(answer, "\r\nX-Frame-Options: DENY\r\n"));
}

TEST_CASE("a_buffered_upload_has_its_length") {
  std::string seen;
  Origin origin([&](const std::string& head) {
    seen = head;
    return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  });
  DataPlane plane(
      document("{buffering: {maxRequestBodyBytes: 100}}", "    s: " + backend(origin) + "\n"));
  Client client(plane.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  CHECK(client.receive().ends_with("ok"));
  CHECK(has(seen, "\r\nContent-Length: 3\r\n"));
  CHECK_FALSE(has(seen, "Transfer-Encoding"));
  Client large(plane.port());
  large.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
  CHECK(large.receive().starts_with("HTTP/1.1 413"));
}

TEST_CASE("a_compressed_answer_is_chunked_and_decodes") {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "line " + std::to_string(i) + "\n";
  Origin origin([&](const std::string&) { return ok_response(text); });
  DataPlane plane(document("{compress: {}}", "    s: " + backend(origin) + "\n"));
  Client client(plane.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
  std::string answer = client.receive_all();
  CHECK(has(answer, "\r\nContent-Encoding: gzip\r\n"));
  CHECK(has(answer, "\r\nTransfer-Encoding: chunked\r\n"));
  CHECK_FALSE(has(answer, "Content-Length"));
  std::string coded;
  size_t at = answer.find("\r\n\r\n") + 4;
  while (at < answer.size()) {
    size_t size = std::stoul(answer.substr(at), nullptr, 16);
    at = answer.find("\r\n", at) + 2;
    coded += answer.substr(at, size);
    at += size + 2;
    if (size == 0) break;
  }
  CHECK(decode_gzip(coded).text == text);
  Client head(plane.port());
  head.send("HEAD / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  CHECK_FALSE(has(head.receive(true), "Content-Encoding"));
}

TEST_CASE("an_open_breaker_closes_again") {
  std::atomic<bool> is_broken{true};
  Origin origin([&](const std::string&) {
    return is_broken ? std::string("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
                     : ok_response("x");
  });
  DataPlane plane(
      document("{circuitBreaker: {expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.5', "
               "fallbackDuration: 50ms, recoveryDuration: 50ms}}",
               "    s: " + backend(origin) + "\n"));
  CHECK(get(plane).starts_with("HTTP/1.1 500"));
  CHECK(get(plane).starts_with("HTTP/1.1 503"));
  CHECK(origin.requests() == 1);
  is_broken = false;
  std::string answer;
  for (int i = 0; i < 100'000 && !answer.starts_with("HTTP/1.1 200"); ++i) answer = get(plane);
  CHECK(answer.starts_with("HTTP/1.1 200"));
}
