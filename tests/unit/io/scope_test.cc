#include "io/scope.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/support/virtual_loop.h"

using namespace fairlead;
using namespace fairlead::io;
using fairlead::testing::VirtualLoop;

namespace {

constexpr Timeout kSoon{Duration{50}, Code::upstream_head_timeout};

Task<Result<int>> ready_number(int number) { return Result<int>(number); }

Task<Result<int>> sum_of_two() {
  FAIRLEAD_CO_TRY(int a, co_await ready_number(1));
  FAIRLEAD_CO_TRY(int b, co_await ready_number(2));
  co_return a + b;
}

Task<Result<int>> wait_for(Event& event, Scope* scope, Timeout timeout) {
  Result<void> set = co_await event.wait(scope, timeout);
  if (!set) co_return fail(set.error());
  co_return 7;
}

Task<void> note_end(Event& event, Scope* scope, std::vector<Code>& into) {
  Result<int> end = co_await wait_for(event, scope, kNoTimeout);
  into.push_back(end ? Code::ok : end.error().code);
}

}  // namespace

TEST_CASE("a_task_of_ready_tasks_needs_no_loop_turn") {
  VirtualLoop loop;
  auto sum = loop.run(sum_of_two());
  REQUIRE(sum.has_value());
  CHECK(**sum == 3);
}

TEST_CASE("a_wait_ends_with_the_name_of_its_timeout") {
  VirtualLoop loop;
  Event never;
  Scope scope;
  TimePoint before = loop.now();
  auto end = loop.run(wait_for(never, &scope, kSoon));
  REQUIRE(end.has_value());
  CHECK(end->error().code == Code::upstream_head_timeout);
  CHECK(loop.now() - before >= Duration{50});
  CHECK(loop.now() - before <= Duration{70});
}

TEST_CASE("cancelling_a_scope_ends_its_waits_and_those_of_its_children") {
  VirtualLoop loop;
  Event a, b;
  Scope parent;
  Scope child(&parent);
  std::vector<Code> ends;
  parent.spawn(note_end(a, &parent, ends));
  parent.spawn(note_end(b, &child, ends));
  loop.settle();
  CHECK(ends.empty());
  parent.cancel(Error{Code::request_total_timeout});
  loop.settle();
  CHECK(ends == std::vector{Code::request_total_timeout, Code::request_total_timeout});
  CHECK(parent.is_idle());
}

TEST_CASE("a_wait_in_a_cancelled_scope_does_not_wait") {
  VirtualLoop loop;
  Event never;
  Scope scope;
  scope.cancel(Error{Code::drain_timeout});
  auto end = loop.run(wait_for(never, &scope, kNoTimeout));
  CHECK(end->error().code == Code::drain_timeout);
}

TEST_CASE("a_scope_deadline_cancels_and_can_be_lifted") {
  VirtualLoop loop;
  Event event;
  Scope scope;
  scope.set_deadline({Duration{100}, Code::request_total_timeout});
  std::vector<Code> ends;
  scope.spawn(note_end(event, &scope, ends));
  loop.advance(Duration{50});
  CHECK(ends.empty());
  loop.advance(Duration{100});
  CHECK(ends == std::vector{Code::request_total_timeout});

  Scope lifted;
  lifted.set_deadline({Duration{100}, Code::request_total_timeout});
  lifted.set_deadline({});
  loop.advance(Duration{1000});
  CHECK(!lifted.is_cancelled());
}

TEST_CASE("timers_beyond_one_turn_of_the_wheel_fire_in_their_turn") {
  VirtualLoop loop;
  for (int seconds : {1, 40, 41, 42, 100, 400}) {
    Event never;
    Scope scope;
    TimePoint before = loop.now();
    auto end =
        loop.run(wait_for(never, &scope, {Duration{seconds * 1000}, Code::keepalive_timeout}));
    CHECK(end->error().code == Code::keepalive_timeout);
    CHECK(loop.now() - before >= Duration{seconds * 1000});
    CHECK(loop.now() - before <= Duration{seconds * 1000 + 20});
  }
}
