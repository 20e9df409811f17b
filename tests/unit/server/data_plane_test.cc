#include "tests/support/data_plane.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/support/allocation_count.h"

using namespace fairlead;
using namespace fairlead::testing;

namespace {

std::string one_service(uint16_t port, const std::string& extra = "") {
  return "http:\n  routers:\n    r: {rule: 'PathPrefix(`/`)', service: s" + extra +
         "}\n  services:\n    s: {loadBalancer: {servers: [{url: 'http://127.0.0.1:" +
         std::to_string(port) + "'}]}}\n";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

constexpr std::string_view kGet =
    "GET /hello?x=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n";

}  // namespace

TEST_CASE("a_request_reaches_the_service_and_its_answer_comes_back") {
  std::string seen;
  Origin origin([&](const std::string& head) {
    seen = head;
    return ok_response("hi");
  });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  client.send(kGet);
  std::string response = client.receive();
  CHECK(response.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(response.ends_with("\r\n\r\nhi"));
  CHECK(seen.starts_with("GET /hello?x=1 HTTP/1.1\r\nHost: a.example\r\n"));
  CHECK(has(seen, "\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  CHECK(has(seen, "\r\nX-Forwarded-Proto: http\r\n"));
}

TEST_CASE("pipelined_requests_are_answered_in_order_over_one_upstream_connection") {
  Origin origin(
      [](const std::string& head) { return ok_response(head.substr(0, head.find(' ', 4))); });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  for (int i = 0; i < 20; ++i)
    CHECK(client.receive().ends_with("\r\n\r\nGET /" + std::to_string(i)));
  CHECK(origin.connections() == 1);
}

TEST_CASE("no_router_is_404_and_no_server_is_503") {
  DataPlane plane(
      "http:\n  routers:\n    r: {rule: 'Host(`known`)', service: s}\n"
      "  services:\n    s: {loadBalancer: {servers: []}}\n");
  Client client(plane.port());
  client.send("GET / HTTP/1.1\r\nHost: other\r\n\r\n");
  std::string response = client.receive();
  CHECK(response.starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(response.ends_with("\r\n\r\n404 page not found\n"));
}

TEST_CASE("a_refused_connection_is_502_and_the_client_connection_goes_on") {
  uint16_t dead;
  {
    Origin origin([](const std::string&) { return std::string(); });
    dead = origin.port();
  }
  DataPlane plane(one_service(dead));
  Client client(plane.port());
  for (int i = 0; i < 2; ++i) {
    client.send(kGet);
    std::string response = client.receive();
    CHECK(response.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
    CHECK(response.ends_with("\r\n\r\nBad Gateway"));
  }
}

TEST_CASE("requests_take_the_servers_in_turn_and_skip_a_dead_one") {
  Origin a([](const std::string&) { return ok_response("a"); });
  Origin b([](const std::string&) { return ok_response("b"); });
  uint16_t dead;
  {
    Origin gone([](const std::string&) { return std::string(); });
    dead = gone.port();
  }
  auto url = [](uint16_t port) { return "{url: 'http://127.0.0.1:" + std::to_string(port) + "'}"; };
  DataPlane plane(
      "http:\n  routers:\n    r: {rule: 'PathPrefix(`/`)', service: s}\n  services:\n    s: "
      "{loadBalancer: {servers: [" +
      url(a.port()) + "," + url(dead) + "," + url(b.port()) + "]}}\n");
  Client client(plane.port());
  std::string order;
  for (int i = 0; i < 9; ++i) {
    client.send(kGet);
    std::string response = client.receive();
    REQUIRE(response.starts_with("HTTP/1.1 200"));
    order += response.back();
  }
  CHECK(std::count(order.begin(), order.end(), 'a') >= 3);
  CHECK(std::count(order.begin(), order.end(), 'b') >= 3);
}

TEST_CASE("a_pooled_connection_that_the_upstream_closed_costs_no_request") {
  std::atomic<int> answers{0};
  // Every other connection ends after its first answer, in the moment the next request may be on
  // its way.
  Origin origin([&](const std::string& head) {
    ++answers;
    return has(head, "close-me")
               ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
               : ok_response("y");
  });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  for (int i = 0; i < 50; ++i) {
    client.send("GET /" + std::string(i % 2 ? "close-me" : "keep") +
                " HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(client.receive().starts_with("HTTP/1.1 200"));
  }
}

TEST_CASE("malformed_requests_get_400_and_the_connection_closes") {
  Origin origin([](const std::string&) { return ok_response("never"); });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string response = client.receive_all();
  CHECK(response.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(has(response, "\r\nConnection: close\r\n"));
  CHECK(origin.requests() == 0);
}

TEST_CASE("a_half_closed_client_still_gets_its_answer") {
  Origin origin([](const std::string&) { return ok_response("late"); });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  client.send(kGet);
  client.finish_sending();
  CHECK(has(client.receive_all(), "late"));
}

TEST_CASE("a_slow_head_is_answered_with_408") {
  Origin origin([](const std::string&) { return ok_response(""); });
  DataPlane plane(one_service(origin.port()), [](server::EntryPointOptions& entry) {
    entry.http.client_header = io::Duration{50};
  });
  Client client(plane.port());
  client.send("GET / HTTP/1.1\r\nHo");
  CHECK(client.receive_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_CASE("a_published_change_is_seen_by_the_next_request_of_an_open_connection") {
  Origin a([](const std::string&) { return ok_response("a"); });
  Origin b([](const std::string&) { return ok_response("b"); });
  DataPlane plane(one_service(a.port()));
  Client client(plane.port());
  client.send(kGet);
  CHECK(client.receive().ends_with("a"));
  plane.publish(one_service(b.port()));
  client.send(kGet);
  CHECK(client.receive().ends_with("b"));
}

TEST_CASE("a_reload_keeps_pooled_connections") {
  Origin origin([](const std::string&) { return ok_response("x"); });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  for (int i = 0; i < 10; ++i) {
    client.send(kGet);
    REQUIRE(client.receive().starts_with("HTTP/1.1 200"));
    plane.publish(one_service(origin.port(), ", priority: " + std::to_string(i + 1)));
  }
  CHECK(origin.connections() == 1);
}

TEST_CASE("a_request_whose_server_left_ends_at_the_server_of_the_newer_configuration") {
  Origin b([](const std::string&) { return ok_response("b"); });
  std::atomic<bool> was_asked{false}, may_fail{false};
  Origin a([&](const std::string&) {
    was_asked = true;
    while (!may_fail) std::this_thread::yield();
    return std::string();  // closes without an answer
  });
  DataPlane plane(one_service(a.port()));
  Client client(plane.port());
  client.send(kGet);
  while (!was_asked) std::this_thread::yield();
  plane.publish(one_service(b.port()));
  may_fail = true;
  CHECK(client.receive().ends_with("b"));
}

#if !defined(__SANITIZE_ADDRESS__) && !(defined(__has_feature) && __has_feature(address_sanitizer))
TEST_CASE("a_warm_keep_alive_get_makes_zero_heap_allocations") {
  Origin origin([](const std::string&) { return ok_response(std::string(128, 'x')); });
  DataPlane plane(one_service(origin.port()));
  Client client(plane.port());
  auto get = [&] {
    client.send(kGet);
    REQUIRE(client.receive().starts_with("HTTP/1.1 200"));
  };
  for (int i = 0; i < 200; ++i) get();
  // The question itself costs the worker an allocation or two: asked twice in a row, they show.
  uint64_t first = 0, before = 0, after = 0;
  plane.on_worker([&] { first = fairlead::test::allocation_count(); });
  plane.on_worker([&] { before = fairlead::test::allocation_count(); });
  constexpr int kRequests = 1000;
  for (int i = 0; i < kRequests; ++i) get();
  plane.on_worker([&] { after = fairlead::test::allocation_count(); });
  uint64_t made = (after - before) - (before - first);
  MESSAGE("heap allocations per warm keep-alive GET: ", static_cast<double>(made) / kRequests);
  CHECK(made == 0);
}
#endif
