#include "providers/kubernetes/backend_registry.h"

namespace fairlead::providers::kubernetes {

namespace {

std::string wished_name(const BackendKey& key) {
  return normalize(key.service + "-" + key.port.text() +
                   (key.variant.empty() ? "" : "-" + key.variant));
}

std::string owner_text(const BackendKey& key) {
  return key.service + ":" + key.port.text() + ":" + key.variant;
}

}  // namespace

std::string BackendRegistry::acquire(const BackendKey& key, const BackendTuning& tuning) {
  auto [at, is_new] = entries_.try_emplace(key);
  Entry& entry = at->second;
  ++entry.uses;
  if (is_new) entry.name = names_.take(wished_name(key), owner_text(key));
  if (is_new || entry.tuning != tuning) {
    entry.tuning = tuning;
    build(key, entry);
  }
  return entry.name;
}

void BackendRegistry::release(const BackendKey& key) {
  auto found = entries_.find(key);
  if (found == entries_.end() || --found->second.uses != 0) return;
  services_.erase(found->second.name);
  names_.give(found->second.name);
  entries_.erase(found);
}

void BackendRegistry::build(const BackendKey& key, Entry& entry) {
  BuiltBackend built = build_backend(*store_, key.service, key.port, entry.tuning, settings_);
  services_[entry.name] = std::move(built.spec);
  if (entry.findings == built.findings) return;
  entry.findings = std::move(built.findings);
  findings_changed_ = true;
}

void BackendRegistry::refresh(const std::string& service_key) {
  for (auto at = entries_.lower_bound({service_key, {INT32_MIN, ""}, ""});
       at != entries_.end() && at->first.service == service_key; ++at) {
    build(at->first, at->second);
  }
}

void BackendRegistry::refresh_all() {
  for (auto& [key, entry] : entries_) build(key, entry);
}

const Findings& BackendRegistry::findings(const BackendKey& key) const {
  static const Findings none;
  auto found = entries_.find(key);
  return found == entries_.end() ? none : found->second.findings;
}

}  // namespace fairlead::providers::kubernetes
