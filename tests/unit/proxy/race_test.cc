#include "proxy/race.h"

#include <semaphore>

#include <doctest/doctest.h>

#include "tests/support/data_plane.h"

using namespace fairlead;
using namespace fairlead::testing;
using upstream::Ejection;

namespace {

std::string servers(std::initializer_list<uint16_t> ports) {
  std::string text =
      "http:\n  routers: {r: {rule: PathPrefix(`/`), service: s}}\n"
      "  services: {s: {loadBalancer: {servers: [";
  for (uint16_t port : ports) text += "{url: \"http://127.0.0.1:" + std::to_string(port) + "\"}, ";
  return text + "]}}}\n";
}

uint16_t dead_port() {
  Origin gone([](const std::string&) { return ""; });
  return gone.port();
}

// The prober's part: the server on this port answers no ping, all others do.
void answer_pings(DataPlane& plane, uint16_t silent) {
  plane.health().alarm().on_raise([&plane, silent] {
    plane.health().alarm().lower();
    io::TimePoint now = io::Loop::current()->now();
    plane.health().for_each([&](const upstream::HealthTable::Entry& entry, bool) {
      if (!entry.health->wants_ping()) return;
      bool is_under_way = entry.health->is_ping_unanswered(now, io::Duration{0});
      if (!is_under_way) entry.health->ping_began(now);
      if (entry.port != silent) entry.health->ping_ended(now, true);
    });
  });
}

Ejection state_of(DataPlane& plane, uint16_t port) {
  Ejection state = Ejection::none;
  plane.health().for_each([&](const upstream::HealthTable::Entry& entry, bool) {
    if (entry.port == port) state = entry.health->ejection();
  });
  return state;
}

std::string ask(DataPlane& plane, std::string_view method, std::string_view body = {}) {
  Client client(plane.port());
  std::string text = std::string(method) + " / HTTP/1.1\r\nHost: x\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(text + "\r\n" + std::string(body));
  return client.receive(method == "HEAD");
}

bool is_ok(const std::string& answer) { return answer.starts_with("HTTP/1.1 200"); }

}  // namespace

TEST_CASE("nobody notices a server that refuses connections, whatever the method") {
  Origin alive([](const std::string&) { return ok_response("alive"); });
  uint16_t dead = dead_port();
  DataPlane plane(servers({dead, alive.port()}));
  for (std::string_view method : {"GET", "POST", "PUT", "HEAD"}) CHECK(is_ok(ask(plane, method)));
  CHECK(state_of(plane, dead) == Ejection::unreachable);
  CHECK(state_of(plane, alive.port()) == Ejection::none);
}

TEST_CASE("when every server is out, they are tried all the same") {
  Origin alive([](const std::string&) { return ok_response("alive"); });
  DataPlane plane(servers({alive.port()}));
  plane.health().for_each([](const upstream::HealthTable::Entry& entry, bool) {
    entry.health->eject(Ejection::unreachable, io::TimePoint{});
  });
  CHECK(is_ok(ask(plane, "GET")));
}

TEST_CASE(
    "a connection that ends without a head sends a safe request elsewhere, and nothing else") {
  Origin broken([](const std::string&) { return ""; });
  Origin alive([](const std::string&) { return ok_response("alive"); });
  DataPlane plane(servers({broken.port(), alive.port()}));
  for (int i = 0; i < 4; ++i) CHECK(is_ok(ask(plane, "GET")));
  unsigned executed = broken.requests() + alive.requests();
  std::string answer = ask(plane, "POST");
  // Wherever it went, it went there once.
  CHECK(broken.requests() + alive.requests() == executed + 1);
  CHECK((is_ok(answer) || answer.starts_with("HTTP/1.1 502")));
}

TEST_CASE("nonsense instead of a head is no answer either") {
  Origin babbles([](const std::string&) { return "SMTP ready\r\n\r\n"; });
  Origin alive([](const std::string&) { return ok_response("alive"); });
  DataPlane plane(servers({babbles.port(), alive.port()}));
  for (int i = 0; i < 6; ++i) CHECK(is_ok(ask(plane, "GET")));
  CHECK(state_of(plane, babbles.port()) == Ejection::broken);
}

TEST_CASE("a request that waits at a silent server is answered by another") {
  std::counting_semaphore<64> wakes(0);
  Origin silent([&](const std::string&) {
    wakes.acquire();
    return ok_response("silent");
  });
  Origin alive([](const std::string&) { return ok_response("alive"); });
  {
    DataPlane plane(servers({silent.port(), alive.port()}));
    answer_pings(plane, silent.port());
    for (int i = 0; i < 2; ++i) {
      std::string answer = ask(plane, "GET");
      CHECK(is_ok(answer));
      CHECK(answer.ends_with("alive"));
    }
    CHECK(silent.requests() == 1);
    CHECK(state_of(plane, silent.port()) == Ejection::silent);
    // Nothing that may have been executed is sent twice, so nobody else hears of this one.
    CHECK(is_ok(ask(plane, "POST")));
    CHECK(silent.requests() == 1);
  }
  wakes.release(64);
}

TEST_CASE("a service whose servers are all slow is never asked twice") {
  std::counting_semaphore<64> wakes(0);
  auto slow = [&](const std::string&) {
    (void)wakes.try_acquire_for(std::chrono::milliseconds(700));
    return ok_response("slow");
  };
  Origin first(slow), second(slow);
  DataPlane plane(servers({first.port(), second.port()}));
  SUBCASE("they answer pings") { answer_pings(plane, 0); }
  SUBCASE("they answer nothing") {}
  for (int i = 0; i < 3; ++i) CHECK(is_ok(ask(plane, "GET")));
  CHECK(first.requests() + second.requests() == 3);
  CHECK(state_of(plane, first.port()) == Ejection::none);
  CHECK(state_of(plane, second.port()) == Ejection::none);
}
