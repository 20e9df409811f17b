// The services of a fragment that stand for ports of Kubernetes Services: one each, however many
// routes use it, built again only when its Service or its endpoints change. Owned by a translator;
// control thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "providers/kubernetes/backend_service.h"
#include "providers/kubernetes/name_table.h"

namespace fairlead::providers::kubernetes {

struct BackendKey {
  std::string service;  // "namespace/name"
  PortRef port;
  std::string variant;  // tells apart who wants it differently tuned; "" for the plain one
  auto operator<=>(const BackendKey&) const = default;
};

class BackendRegistry {
 public:
  BackendRegistry(BackendSettings settings, std::map<std::string, config::ServiceSpec>& services,
                  NameTable& names)
      : settings_(std::move(settings)), services_(services), names_(names) {}

  // Good until the next call; before anything else.
  void set_store(const ObjectStore& store) { store_ = &store; }

  // The name of its service, good until as many times released.
  std::string acquire(const BackendKey& key, const BackendTuning& tuning);
  void release(const BackendKey& key);

  // The Service or its endpoints are not what they were.
  void refresh(const std::string& service_key);
  void refresh_all();
  void set_zone(std::string zone) { settings_.zone = std::move(zone); }

  const Findings& findings(const BackendKey& key) const;
  // Who is affected is asked for again after a refresh changed findings.
  bool take_findings_change() { return std::exchange(findings_changed_, false); }

 private:
  struct Entry {
    std::string name;
    BackendTuning tuning;
    Findings findings;
    size_t uses = 0;
  };

  void build(const BackendKey& key, Entry& entry);

  const ObjectStore* store_ = nullptr;
  BackendSettings settings_;
  std::map<std::string, config::ServiceSpec>& services_;
  NameTable& names_;
  std::map<BackendKey, Entry> entries_;
  bool findings_changed_ = false;
};

}  // namespace fairlead::providers::kubernetes
