#include "providers/docker/inventory.h"

#include <doctest/doctest.h>

namespace fairlead::providers::docker {
namespace {

using Effect = Inventory::Effect;
using Kind = Event::Kind;

io::TimePoint at(int64_t ms) { return io::TimePoint(io::Duration(ms)); }

Container running(const std::string& id) {
  Container container;
  container.id = id;
  container.name = "web";
  container.state = State::running;
  container.tcp_ports = {80};
  return container;
}

Inventory with(Container container) {
  Inventory inventory;
  CHECK(inventory.replace({std::move(container)}));
  return inventory;
}

const Container& only(const Inventory& inventory) { return inventory.containers().begin()->second; }

}  // namespace

TEST_CASE("events_say_whether_something_changed") {
  Inventory inventory = with(running("a"));
  CHECK(inventory.apply({Kind::ignored, "a"}, at(0)) == Effect::none);
  CHECK(inventory.apply({Kind::appeared, "a"}, at(0)) == Effect::inspect);
  CHECK(inventory.apply({Kind::appeared, "new"}, at(0)) == Effect::inspect);
  CHECK(inventory.apply({Kind::died, "unknown"}, at(0)) == Effect::none);
  CHECK(inventory.apply({Kind::health_changed, "a", 0, Health::healthy}, at(0)) == Effect::changed);
  CHECK(inventory.apply({Kind::health_changed, "a", 0, Health::healthy}, at(0)) == Effect::none);
  CHECK(inventory.apply({Kind::died, "a"}, at(0)) == Effect::changed);
  CHECK(only(inventory).state == State::exited);
  CHECK(inventory.apply({Kind::destroyed, "a"}, at(0)) == Effect::changed);
  CHECK(inventory.apply({Kind::destroyed, "a"}, at(0)) == Effect::none);
  CHECK(inventory.containers().empty());
}

TEST_CASE("an_equal_list_or_inspection_changes_nothing") {
  Inventory inventory = with(running("a"));
  CHECK_FALSE(inventory.replace({running("a")}));
  CHECK_FALSE(inventory.put(running("a"), at(0)));
}

TEST_CASE("the_stop_signal_marks_and_death_unmarks") {
  Inventory inventory = with(running("a"));
  CHECK(inventory.apply({Kind::signalled, "a", 15}, at(0)) == Effect::changed);
  CHECK(only(inventory).is_stopping);
  CHECK(inventory.apply({Kind::signalled, "a", 9}, at(5)) == Effect::none);
  // Neither a list nor an inspection knows; the mark stays.
  inventory.replace({running("a")});
  inventory.put(running("a"), at(6));
  CHECK(only(inventory).is_stopping);
  inventory.apply({Kind::died, "a"}, at(7));
  CHECK_FALSE(only(inventory).is_stopping);
  inventory.put(running("a"), at(8));  // started again
  CHECK_FALSE(only(inventory).is_stopping);
}

TEST_CASE("a_container_that_survives_its_stop_signal_comes_back") {
  Inventory inventory = with(running("a"));
  inventory.apply({Kind::signalled, "a", 15}, at(0));
  CHECK_FALSE(inventory.expire(at(Inventory::kStopGrace.count() - 1)));
  CHECK(inventory.expire(at(Inventory::kStopGrace.count())));
  CHECK_FALSE(only(inventory).is_stopping);
  CHECK_FALSE(inventory.expire(at(Inventory::kStopGrace.count() * 2)));
}

TEST_CASE("another_signal_counts_only_if_it_is_the_images_stop_signal") {
  Inventory inventory = with(running("a"));
  // Not known yet: look, then decide.
  CHECK(inventory.apply({Kind::signalled, "a", 3}, at(0)) == Effect::inspect);
  Container nginx = running("a");
  nginx.stop_signal = "SIGQUIT";
  CHECK(inventory.put(nginx, at(1)));
  CHECK(only(inventory).is_stopping);

  Inventory other = with(nginx);
  CHECK(other.apply({Kind::signalled, "a", 1}, at(0)) == Effect::none);
  CHECK(other.apply({Kind::signalled, "a", 3}, at(0)) == Effect::changed);
  // A list does not carry the signal; what is known stays known.
  other.replace({running("a")});
  CHECK(only(other).stop_signal == "SIGQUIT");
}

TEST_CASE("every_event_starts_a_new_generation") {
  Inventory inventory = with(running("a"));
  uint64_t before = inventory.generation("a");
  inventory.apply({Kind::appeared, "b"}, at(0));
  CHECK(inventory.generation("a") == before);
  inventory.apply({Kind::appeared, "a"}, at(0));
  CHECK(inventory.generation("a") != before);
}

TEST_CASE("finds_by_id_beginning_and_name") {
  std::string id = "0123456789abcdef";
  Inventory inventory = with(running(id));
  CHECK(inventory.find(id) != nullptr);
  CHECK(inventory.find("0123456789ab") != nullptr);
  CHECK(inventory.find("web") != nullptr);
  CHECK(inventory.find("0123") == nullptr);
}

TEST_CASE("only_running_containers_without_ports_need_a_look") {
  Container container = running("a");
  CHECK_FALSE(Inventory::needs_inspection(container));
  container.tcp_ports.clear();
  CHECK(Inventory::needs_inspection(container));
  container.state = State::exited;
  CHECK_FALSE(Inventory::needs_inspection(container));
}

}  // namespace fairlead::providers::docker
