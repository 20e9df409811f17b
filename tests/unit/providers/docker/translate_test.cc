#include "providers/docker/translate.h"

#include <doctest/doctest.h>

namespace fairlead::providers::docker {
namespace {

Container web(const std::string& rule) {
  Container container;
  container.id = "0123456789abcdef";
  container.name = "web";
  container.state = State::running;
  container.networks["n"].ipv4 = "10.0.0.2";
  container.tcp_ports = {80};
  container.labels["traefik.http.routers.web.rule"] = rule;
  return container;
}

std::string rule_of(const config::Fragment& fragment) {
  auto found = fragment.objects.routers.find("web");
  return found == fragment.objects.routers.end() ? "none" : found->second.rule;
}

}  // namespace

TEST_CASE("changed_labels_and_names_are_read_again") {
  Translator translator{TranslateOptions{}};
  Inventory inventory;
  inventory.replace({web("Host(`a`)")});
  CHECK(rule_of(translator.translate(inventory, {})) == "Host(`a`)");
  CHECK(rule_of(translator.translate(inventory, {})) == "Host(`a`)");
  inventory.replace({web("Host(`b`)")});
  CHECK(rule_of(translator.translate(inventory, {})) == "Host(`b`)");
  Container renamed = web("Host(`b`)");
  renamed.name = "shop";
  renamed.labels["traefik.http.routers.web.rul"] = "x";
  inventory.replace({renamed});
  auto fragment = translator.translate(inventory, {});
  CHECK(fragment.objects.services.contains("shop"));
  REQUIRE(fragment.diagnostics.size() == 1);
  CHECK(fragment.diagnostics[0].object == "container shop (0123456789ab)");
  inventory.replace({});
  CHECK(rule_of(translator.translate(inventory, {})) == "none");
}

TEST_CASE("the_order_of_the_inventory_does_not_show") {
  Container second = web("Host(`a`)");
  second.id = "fedcba9876543210";
  second.name = "another";
  second.networks["n"].ipv4 = "10.0.0.3";
  second.labels["com.docker.compose.service"] = "web";
  second.labels["com.docker.compose.project"] = "p";
  Container first = web("Host(`a`)");
  first.labels = second.labels;
  Inventory one, other;
  one.replace({first, second});
  std::swap(first.id, second.id);
  other.replace({first, second});
  Translator translator{TranslateOptions{}};
  auto seen = translator.translate(one, {});
  CHECK(seen.objects == translator.translate(other, {}).objects);
  CHECK(seen.objects.services.at("web-p").load_balancer.servers.size() == 2);
}

TEST_CASE("broken_options_are_told_before_any_container_comes") {
  Translator translator{TranslateOptions{true, "{{ nonsense }}", "Label(", false}};
  REQUIRE(translator.faults().size() == 2);
  CHECK(translator.faults()[0].field == "providers.docker.defaultRule");
  CHECK(translator.faults()[1].field == "providers.docker.constraints");
}

}  // namespace fairlead::providers::docker
