#include "providers/docker/translate.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "providers/docker/combine.h"
#include "providers/docker/container_config.h"

namespace fairlead::providers::docker {

namespace {

using config::Diagnostics;
using config::Severity;

// Those that are being stopped last, then by name: the order decides which servers come first, and
// nothing else.
std::vector<const Container*> in_order(const Inventory& inventory) {
  std::vector<const Container*> containers;
  for (const auto& [id, container] : inventory.containers()) containers.push_back(&container);
  std::ranges::sort(containers, {},
                    [](const Container* c) { return std::tie(c->is_stopping, c->name, c->id); });
  return containers;
}

// Of a container that is not served only this matters: did somebody try to switch it on?
void report_failed_enable(const ContainerLabels& labels, const Container& container,
                          Diagnostics& diagnostics) {
  bool has_told = false;
  for (const config::Diagnostic& diagnostic : labels.diagnostics) {
    if (diagnostic.message.find(".enable\"") == std::string::npos) continue;
    diagnostics.push_back(diagnostic);
    has_told = true;
  }
  if (has_told || !labels.has_settings) return;
  diagnostics.push_back({Severity::warning, "docker", container.title(), "traefik.enable",
                         "the container has routing labels but is not served, because "
                         "providers.docker.exposedByDefault is false; add the label "
                         "\"traefik.enable=true\""});
}

}  // namespace

std::string service_name(const Container& container) {
  std::string service = container.compose_service();
  std::string project = container.compose_project();
  if (service.empty() || project.empty()) return normalize(container.name);
  return normalize(service + "_" + project);
}

Translator::Translator(TranslateOptions options) : options_(std::move(options)) {
  auto rule = RuleTemplate::compile(options_.default_rule);
  if (rule) {
    default_rule_ = std::move(*rule);
  } else {
    faults_.push_back(
        {Severity::error, "docker", "", "providers.docker.defaultRule", rule.error()});
  }
  auto constraint = Constraint::compile(options_.constraints);
  if (constraint) {
    constraint_ = std::move(*constraint);
  } else {
    // Why not simply no constraint: it would publish what somebody meant to keep private.
    faults_.push_back({Severity::error, "docker", "", "providers.docker.constraints",
                       constraint.error() + "; no container is served until it is mended"});
  }
}

config::Fragment Translator::translate(const Inventory& inventory,
                                       const Surroundings& surroundings) {
  config::Fragment fragment;
  fragment.provider = "docker";
  fragment.diagnostics = faults_;
  AddressChooser addresses(inventory, surroundings, fragment.diagnostics);
  Combiner combiner;
  for (const Container* container : in_order(inventory)) {
    const ContainerLabels& labels = cache_.read(*container);
    if (!is_served(*container, labels, fragment.diagnostics)) continue;
    for (const auto& diagnostic : labels.diagnostics) fragment.diagnostics.push_back(diagnostic);
    bool takes_requests =
        container->state == State::running && !container->is_stopping && has_fit_health(*container);
    ContainerConfigBuilder builder(*container, labels, default_rule_ ? &*default_rule_ : nullptr,
                                   takes_requests, addresses, fragment.diagnostics);
    combiner.add(builder.build(), container->title(),
                 container->is_stopping ? Combiner::Standing::yields : Combiner::Standing::counts);
  }
  cache_.sweep();
  fragment.objects = combiner.finish(fragment.diagnostics);
  return fragment;
}

bool Translator::is_served(const Container& container, const ContainerLabels& labels,
                           Diagnostics& diagnostics) const {
  using Enable = ContainerLabels::Enable;
  if (!constraint_ || !constraint_->admits(container.labels)) return false;
  bool is_there = container.state == State::running || labels.allows_non_running;
  if (!is_there) return false;
  bool is_enabled = labels.enable == Enable::yes ||
                    (labels.enable == Enable::unset && options_.exposed_by_default);
  if (!is_enabled) {
    if (labels.enable == Enable::unset) {
      report_failed_enable(labels, container, diagnostics);
    } else {
      // "enable=yes" is neither true nor false, and said so.
      for (const auto& diagnostic : labels.diagnostics) {
        if (lower_case(diagnostic.field).ends_with(".enable")) diagnostics.push_back(diagnostic);
      }
    }
    return false;
  }
  return container.state != State::running || has_fit_health(container) ||
         options_.allow_empty_services;
}

bool Translator::has_fit_health(const Container& container) const {
  return container.health == Health::none || container.health == Health::healthy;
}

}  // namespace fairlead::providers::docker
