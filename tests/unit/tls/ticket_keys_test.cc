#include "tls/ticket_keys.h"

#include <doctest/doctest.h>

using fairlead::tls::TicketKeys;

TEST_CASE("a_ticket_key_opens_for_two_rotations_and_is_then_forgotten") {
  TicketKeys keys;
  TicketKeys::Clock::time_point begin = TicketKeys::Clock::now();
  auto first = keys.newest(begin);
  REQUIRE(first.has_value());
  auto at = [&](int rotations) { return begin + TicketKeys::kRotation * rotations; };
  auto opened = [&](int rotations) { return keys.find(first->name.data(), at(rotations)); };
  CHECK(opened(0)->is_newest);
  REQUIRE(opened(1).has_value());
  CHECK(!opened(1)->is_newest);
  CHECK(opened(1)->key.cipher == first->cipher);
  CHECK(opened(2).has_value());
  CHECK(!opened(3).has_value());
  CHECK(keys.newest(at(3))->name != first->name);
}

TEST_CASE("a_ticket_key_of_a_quiet_server_does_not_live_longer") {
  TicketKeys keys;
  TicketKeys::Clock::time_point begin = TicketKeys::Clock::now();
  auto first = keys.newest(begin);
  CHECK(!keys.find(first->name.data(), begin + TicketKeys::kRotation * 10).has_value());
}
