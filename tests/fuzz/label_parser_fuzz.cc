// Labels, default rules, constraints and the Engine's JSON from bytes. The first byte chooses; for
// labels each line is "key=value". Must never crash, hang or throw; some answers are checked
// against each other.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "providers/docker/constraint.h"
#include "providers/docker/endpoint.h"
#include "providers/docker/engine_json.h"
#include "providers/docker/own_container.h"
#include "providers/docker/rule_template.h"
#include "providers/docker/translate.h"

namespace {

using namespace fairlead::providers::docker;
namespace config = fairlead::config;

void require(bool claim) {
  if (!claim) std::abort();
}

std::map<std::string, std::string> labels_from(std::string_view text) {
  std::map<std::string, std::string> labels;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    size_t equals = std::min(line.find('='), line.size());
    labels[std::string(line.substr(0, equals))] = line.substr(std::min(equals + 1, line.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return labels;
}

void try_labels(std::string_view text) {
  Container container;
  container.id = "0123456789abcdef";
  container.name = "web";
  container.state = State::running;
  container.networks["n"].ipv4 = "10.0.0.2";
  container.tcp_ports = {80};
  container.labels = labels_from(text);
  Container twin = container;
  twin.id = "fedcba9876543210";
  twin.name = "web2";
  twin.networks["n"].ipv4 = "10.0.0.3";
  Inventory inventory;
  inventory.replace({container, twin});
  Translator translator{TranslateOptions{}};
  auto first = translator.translate(inventory, Surroundings{});
  require(first == translator.translate(inventory, Surroundings{}));
  for (const auto& diagnostic : first.diagnostics) require(!diagnostic.message.empty());
  config::encode_dynamic(first.objects);
}

void try_engine(std::string_view text) {
  std::string why;
  if (auto list = parse_container_list(text, why)) {
    Inventory inventory;
    inventory.replace(std::move(*list));
    Translator(TranslateOptions{}).translate(inventory, Surroundings{});
  }
  if (auto container = parse_inspected(text, why)) require(!container->id.empty());
  if (auto event = parse_event(text, why)) {
    Inventory inventory;
    inventory.apply(*event, {});
  }
  parse_error_message(text);
  container_id_in(text);
  signal_number(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  switch (bytes[0]) {
    case 't':
      if (auto rule = RuleTemplate::compile(text)) {
        std::map<std::string, std::string> labels{{"a", "b"}};
        rule->render({"name", "container", labels});
      }
      break;
    case 'c':
      if (auto constraint = Constraint::compile(text)) constraint->admits({{"a", "b"}});
      break;
    case 'j':
      try_engine(text);
      break;
    case 'e':
      (void)parse_endpoint(text, false);
      break;
    default:
      try_labels(text);
  }
  return 0;
}
