#include "proxy/judge.h"

#include <cerrno>
#include <vector>

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::proxy;
using io::Duration;
using upstream::Ejection;

namespace {

io::TimePoint at(int64_t ms) { return io::TimePoint(Duration(1'000'000 + ms)); }

struct Pool {
  explicit Pool(size_t size) {
    for (size_t i = 0; i < size; ++i) {
      upstream::Endpoint one;
      one.health = std::make_shared<upstream::EndpointHealth>(nullptr);
      endpoints.push_back(std::move(one));
    }
  }
  Judge judge(const PassiveCheck* check = nullptr) { return {endpoints, check}; }
  upstream::EndpointHealth& health(size_t i) { return *endpoints[i].health; }
  size_t out() const {
    size_t count = 0;
    for (const auto& one : endpoints) count += one.health->is_ejected();
    return count;
  }
  std::vector<upstream::Endpoint> endpoints;
};

constexpr Error kRefused{Code::refused, Side::upstream, Stage::connect, Retry::always,
                         ECONNREFUSED};
constexpr Error kReset{Code::reset, Side::upstream, Stage::response_head, Retry::if_idempotent, 0};
constexpr Duration kPatience{250}, kLong{1000};

}  // namespace

TEST_CASE("a refused connection takes a server out at once, each of them if need be") {
  Pool pool(3);
  for (auto& endpoint : pool.endpoints) pool.judge().failed(endpoint, kRefused, at(0));
  CHECK(pool.out() == 3);
}

TEST_CASE("what this machine lacks is nobody else's fault") {
  Pool pool(2);
  Error no_port = kRefused;
  no_port.code = Code::unreachable;
  no_port.os = EADDRNOTAVAIL;
  pool.judge().failed(pool.endpoints[0], no_port, at(0));
  CHECK(pool.out() == 0);
}

TEST_CASE("broken connections take out no more than half of a service") {
  Pool pool(5);
  for (auto& endpoint : pool.endpoints) {
    for (int i = 0; i < 5; ++i) pool.judge().failed(endpoint, kReset, at(0));
  }
  CHECK(pool.out() == 2);
  Pool alone(1);
  for (int i = 0; i < 5; ++i) alone.judge().failed(alone.endpoints[0], kReset, at(0));
  CHECK(alone.out() == 0);
}

TEST_CASE("a pooled connection that was closed in the same moment counts for nothing") {
  Pool pool(3);
  Error stale = kReset;
  stale.retry = Retry::if_reused;
  for (int i = 0; i < 10; ++i) pool.judge().failed(pool.endpoints[0], stale, at(0));
  CHECK(pool.out() == 0);
}

TEST_CASE("errors take a server out only when its peers have few") {
  Pool pool(3);
  for (int i = 0; i < 100; ++i) {
    for (auto& endpoint : pool.endpoints) pool.judge().answered(endpoint, 500, at(i));
  }
  CHECK(pool.out() == 0);
  Pool uneven(3);
  for (int i = 0; i < 100; ++i) {
    uneven.judge().answered(uneven.endpoints[0], 500, at(i));
    uneven.judge().answered(uneven.endpoints[1], 200, at(i));
    uneven.judge().answered(uneven.endpoints[2], 404, at(i));
  }
  CHECK(uneven.health(0).ejection() == Ejection::failing);
  CHECK(uneven.out() == 1);
}

TEST_CASE("passiveHealthCheck counts failures in its window and takes out for the rest of it") {
  Pool pool(3);
  PassiveCheck check{Duration(5000), 3};
  Judge judge = pool.judge(&check);
  judge.answered(pool.endpoints[0], 505, at(0));
  judge.failed(pool.endpoints[0], kReset, at(10));
  CHECK(pool.out() == 0);
  judge.answered(pool.endpoints[0], 500, at(20));
  CHECK(pool.out() == 1);
  CHECK(pool.health(0).out_until() == at(5020));
}

TEST_CASE("a server that answers neither requests nor a ping is silent while a peer speaks") {
  Pool pool(3);
  Judge judge = pool.judge();
  auto is_gone = [&](int64_t ms) {
    return judge.is_unresponsive(pool.endpoints[0], at(0), at(ms), kPatience, kLong);
  };
  CHECK_FALSE(is_gone(100));
  CHECK_FALSE(pool.health(0).wants_ping());
  CHECK_FALSE(is_gone(130));
  CHECK(pool.health(0).wants_ping());
  CHECK(pool.health(1).wants_ping());
  pool.health(0).ping_began(at(130));
  SUBCASE("no peer speaks: it is not worse than they are") {
    CHECK_FALSE(is_gone(400));
    CHECK(pool.out() == 0);
  }
  SUBCASE("a peer answers its ping") {
    pool.health(1).ping_ended(at(140), true);
    CHECK_FALSE(is_gone(240));
    CHECK(is_gone(340));
    CHECK(pool.health(0).ejection() == Ejection::silent);
    CHECK(is_gone(350));
  }
  SUBCASE("it answers its ping: it is only slow") {
    pool.health(1).note_answer(at(300), false);
    pool.health(0).ping_ended(at(140), true);
    CHECK_FALSE(is_gone(340));
    CHECK_FALSE(is_gone(2000));
    CHECK(pool.out() == 0);
  }
}

TEST_CASE("several requests left waiting are worse than slow although pings are answered") {
  Pool pool(3);
  Judge judge = pool.judge();
  for (int i = 0; i < 3; ++i) pool.health(0).begin_long_wait();
  auto is_gone = [&](int64_t ms) {
    pool.health(0).ping_began(at(ms));
    pool.health(0).ping_ended(at(ms), true);
    pool.health(1).note_answer(at(ms), false);
    return judge.is_unresponsive(pool.endpoints[0], at(0), at(ms), kPatience, kLong);
  };
  CHECK_FALSE(is_gone(900));
  CHECK(is_gone(1000));
  CHECK(pool.health(0).ejection() == Ejection::stuck);
}

TEST_CASE("a server without peers is never called unresponsive") {
  Pool pool(1);
  pool.health(0).ping_began(at(0));
  CHECK_FALSE(pool.judge().is_unresponsive(pool.endpoints[0], at(0), at(60'000), kPatience, kLong));
}
