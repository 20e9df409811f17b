#include "upstream/health.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "upstream/health_table.h"

using namespace fairlead;
using namespace fairlead::upstream;
using io::Duration;

namespace {

io::TimePoint at(int64_t ms) { return io::TimePoint(Duration(1'000'000 + ms)); }

struct Fixture {
  Fixture() {
    alarm->on_raise([this] { ++raised; });
  }
  int raised = 0;
  std::shared_ptr<HealthAlarm> alarm = std::make_shared<HealthAlarm>();
  EndpointHealth health{alarm};
};

size_t taken_of_1000(const EndpointHealth& health, io::TimePoint now) {
  size_t taken = 0;
  for (int i = 0; i < 1000; ++i) taken += health.takes(now);
  return taken;
}

Endpoint endpoint(const char* url) { return *parse_endpoint(url, false); }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an ejected server takes nothing, a returning one ever more") {
  CHECK(health.takes(at(0)));
  CHECK(health.eject(Ejection::unreachable, at(0)));
  CHECK(raised == 1);
  CHECK_FALSE(health.takes(at(1)));
  CHECK_FALSE(health.is_up());
  CHECK_FALSE(health.eject(Ejection::silent, at(1)));
  CHECK(health.readmit(at(100)));
  CHECK_FALSE(health.readmit(at(100)));
  CHECK(health.is_up());
  CHECK(taken_of_1000(health, at(100)) == doctest::Approx(100).epsilon(0.1));
  CHECK(taken_of_1000(health, at(2600)) == doctest::Approx(550).epsilon(0.1));
  CHECK(taken_of_1000(health, at(5100)) == 1000);
}

TEST_CASE_FIXTURE(Fixture, "who was out a moment ago stays out twice as long") {
  for (int64_t expected : {1000, 2000, 4000, 8000, 16000, 32000, 32000}) {
    health.eject(Ejection::broken, at(0), Duration(1000));
    CHECK(health.out_until() - at(0) == Duration(expected));
    health.readmit(at(0));
  }
  health.eject(Ejection::broken, at(61'000), Duration(1000));
  CHECK(health.out_until() - at(61'000) == Duration(1000));
}

TEST_CASE_FIXTURE(Fixture, "a fact replaces a suspicion and ends its time") {
  health.eject(Ejection::broken, at(0), Duration(8000));
  CHECK_FALSE(health.eject(Ejection::unreachable, at(10)));
  CHECK(health.ejection() == Ejection::unreachable);
  CHECK(health.out_until() < at(10));
}

TEST_CASE_FIXTURE(Fixture, "an answer brings back a silent server, and no other") {
  health.eject(Ejection::silent, at(0));
  health.note_answer(at(50), false);
  CHECK(health.is_up());
  health.eject(Ejection::unreachable, at(100));
  health.note_answer(at(150), false);
  CHECK_FALSE(health.is_up());
}

TEST_CASE_FIXTURE(Fixture,
                  "three broken connections in a row are too many, with an answer between not") {
  CHECK_FALSE(health.note_broken());
  CHECK_FALSE(health.note_broken());
  health.note_answer(at(0), false);
  CHECK_FALSE(health.note_broken());
  CHECK_FALSE(health.note_broken());
  CHECK(health.note_broken());
}

TEST_CASE_FIXTURE(Fixture, "the share of errors follows the latest answers and goes back to none") {
  int errors = 0;
  while (health.error_score() < EndpointHealth::kAllErrors * 3 / 4) {
    health.note_answer(at(0), true);
    ++errors;
  }
  CHECK(errors > 15);
  CHECK(errors < 30);
  for (int i = 0; i < 100; ++i) health.note_answer(at(0), false);
  CHECK(health.error_score() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a window counts its own failures") {
  CHECK_FALSE(health.note_failure_in_window(at(0), Duration(1000), 2));
  CHECK_FALSE(health.note_failure_in_window(at(1000), Duration(1000), 2));
  CHECK(health.note_failure_in_window(at(1500), Duration(1000), 2));
}

TEST_CASE_FIXTURE(Fixture, "one ping at a time, and only its own silence counts") {
  health.ask_for_ping(at(0));
  health.ask_for_ping(at(1));
  CHECK(raised == 1);
  CHECK(health.wants_ping());
  CHECK_FALSE(health.is_ping_unanswered(at(1000), Duration(200)));
  health.ping_began(at(10));
  CHECK_FALSE(health.is_ping_unanswered(at(200), Duration(200)));
  CHECK(health.is_ping_unanswered(at(210), Duration(200)));
  health.ping_ended(at(300), true);
  CHECK(health.last_sign() == at(300));
  CHECK_FALSE(health.is_ping_unanswered(at(1000), Duration(200)));
}

TEST_CASE_FIXTURE(Fixture, "checks and ejections are independent") {
  health.await_first_check();
  CHECK_FALSE(health.takes(at(0)));
  CHECK_FALSE(health.set_checked(true));
  CHECK(health.takes(at(0)));
  CHECK(health.set_checked(false));
  health.eject(Ejection::unreachable, at(0));
  health.readmit(at(10));
  CHECK_FALSE(health.is_up());
  CHECK(health.set_checked(true));
  CHECK(health.is_up());
  CHECK_FALSE(health.set_checked(true));
}

TEST_CASE("state belongs to a service and a URL and survives configurations that keep both") {
  HealthTable table;
  table.begin(1);
  auto first = table.entry("web@file", endpoint("http://10.0.0.1:80"), nullptr);
  auto other = table.entry("api@file", endpoint("http://10.0.0.1:80"), nullptr);
  CHECK(first->health != other->health);
  first->health->eject(Ejection::unreachable, at(0));
  table.sweep();
  CHECK(table.is_up("web@file", "http://10.0.0.1:80") == false);
  CHECK(table.is_up("api@file", "http://10.0.0.1:80") == true);
  CHECK_FALSE(table.is_up("web@file", "http://10.0.0.2:80").has_value());
  table.begin(2);
  CHECK(table.entry("web@file", endpoint("http://10.0.0.1:80"), nullptr) == first);
  table.sweep();
  CHECK_FALSE(table.has(*other));
  CHECK(table.has(*first));
}

TEST_CASE("a new check awaits its first verdict, a changed one keeps the last") {
  HealthTable table;
  table.begin(1);
  auto check = std::make_shared<HealthCheck>();
  auto entry = table.entry("web@file", endpoint("http://10.0.0.1:80"), check);
  CHECK(entry->health->is_pending());
  entry->health->set_checked(false);
  auto same = std::make_shared<HealthCheck>();
  table.entry("web@file", endpoint("http://10.0.0.1:80"), same);
  CHECK(entry->check == check);
  auto changed = std::make_shared<HealthCheck>();
  changed->path = "/health";
  table.entry("web@file", endpoint("http://10.0.0.1:80"), changed);
  CHECK(entry->check == changed);
  CHECK(entry->health->is_checked_down());
  table.entry("web@file", endpoint("http://10.0.0.1:80"), nullptr);
  CHECK(entry->health->is_up());
}

TEST_CASE("threads that judge, look and bring back at once agree in the end") {
  auto alarm = std::make_shared<HealthAlarm>();
  std::atomic<int> raised{0};
  alarm->on_raise([&] { ++raised; });
  EndpointHealth health(alarm);
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 3; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < 20'000; ++i) {
        io::TimePoint now = at(i);
        (void)health.takes(now);
        health.note_answer(now, i % 7 == 0);
        if (i % 100 == worker) health.eject(static_cast<Ejection>(1 + i % 5), now, Duration(10));
        if (i % 50 == worker) health.ask_for_ping(now);
        (void)health.note_broken();
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20'000; ++i) {
      alarm->lower();
      health.ping_began(at(i));
      health.ping_ended(at(i), i % 2 == 0);
      health.set_checked(i % 3 != 0);
      health.readmit(at(i));
    }
  });
  for (std::thread& thread : threads) thread.join();
  health.readmit(at(20'000));
  health.set_checked(true);
  CHECK(health.is_up());
  CHECK(health.takes(at(30'000)));
  CHECK(raised > 0);
}
