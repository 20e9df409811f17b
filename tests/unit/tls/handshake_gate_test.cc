#include "tls/handshake_gate.h"

#include <string>

#include <doctest/doctest.h>

#include "io/scope.h"
#include "tests/support/virtual_loop.h"

using namespace fairlead;
using fairlead::testing::VirtualLoop;
using fairlead::tls::HandshakeGate;

namespace {

constexpr io::Timeout kLimit{io::Duration{100}, Code::tls_handshake_timeout};

// Enters, notes its name, and leaves when told.
io::Task<void> pass(HandshakeGate& gate, char name, std::string& order, io::Event& may_leave,
                    io::Scope& scope) {
  HandshakeGate::Place place(gate);
  Result<void> entered = co_await place.enter(&scope, kLimit);
  order += entered ? name : '-';
  if (!entered) co_return;
  if (!may_leave.is_set()) (void)co_await may_leave.wait(&scope);
}

}  // namespace

TEST_CASE("handshakes_beyond_the_limit_wait_in_order_and_give_up_in_time") {
  VirtualLoop loop;
  io::Scope scope;
  HandshakeGate gate(1);
  std::string order;
  io::Event first, second, third;
  scope.spawn(pass(gate, 'a', order, first, scope));
  scope.spawn(pass(gate, 'b', order, second, scope));
  scope.spawn(pass(gate, 'c', order, third, scope));
  loop.settle();
  CHECK(order == "a");
  first.set();
  loop.settle();
  CHECK(order == "ab");
  loop.advance(io::Duration{500});
  CHECK(order == "ab-");
  // The place is free again, not lost with the one that gave up.
  second.set();
  loop.settle();
  scope.spawn(pass(gate, 'd', order, third, scope));
  loop.settle();
  CHECK(order == "ab-d");
  third.set();
  loop.settle();
  CHECK(scope.is_idle());
}
