// Containers to configuration: which containers are served, under which names, by which router, at
// which address. Pure: the same inventory and options give the same fragment. Every fault is
// reported by container and label and costs only what it is about. Control thread.
#pragma once

#include <optional>
#include <string>

#include "config/dynamic.h"
#include "providers/docker/address_choice.h"
#include "providers/docker/constraint.h"
#include "providers/docker/inventory.h"
#include "providers/docker/label_cache.h"
#include "providers/docker/labels.h"
#include "providers/docker/rule_template.h"

namespace fairlead::providers::docker {

// The static options that decide about routing; names as under providers.docker.
struct TranslateOptions {
  bool exposed_by_default = true;
  std::string default_rule = "Host(`{{ normalize .Name }}`)";
  std::string constraints;
  bool allow_empty_services = false;
};

class Translator {
 public:
  explicit Translator(TranslateOptions options);

  // What is wrong with the options themselves; part of every fragment too.
  const config::Diagnostics& faults() const { return faults_; }
  config::Fragment translate(const Inventory& inventory, const Surroundings& surroundings);

 private:
  bool is_served(const Container& container, const ContainerLabels& labels,
                 config::Diagnostics& diagnostics) const;
  bool has_fit_health(const Container& container) const;

  TranslateOptions options_;
  std::optional<RuleTemplate> default_rule_;
  std::optional<Constraint> constraint_;
  config::Diagnostics faults_;
  LabelCache cache_;
};

// Name of a container's default service and router: `<service>_<project>` under Compose, else the
// container's name, both normalized.
std::string service_name(const Container& container);

}  // namespace fairlead::providers::docker
