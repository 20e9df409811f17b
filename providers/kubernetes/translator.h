// From the store to a fragment, for one provider. Pure; owned by the provider, control thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/dynamic.h"
#include "providers/kubernetes/finding.h"
#include "providers/kubernetes/object_store.h"

namespace fairlead::providers::kubernetes {

// An object of the cluster that something can be said about.
struct Subject {
  Kind kind = Kind::ingress;
  std::string key;
  auto operator<=>(const Subject&) const = default;
};

class Translator {
 public:
  virtual ~Translator() = default;
  virtual std::string_view provider() const = 0;
  // Brings the fragment up to date with what changed in the store.
  virtual void update(const ObjectStore& store, const Changes& changes) = 0;
  virtual const config::Fragment& fragment() const = 0;
  // What is wrong, by object; those without fault are not in it.
  virtual const std::map<Subject, Findings>& verdicts() const = 0;
  // Keys of the Ingresses that are ours, for their status.
  virtual std::vector<std::string> status_objects() const { return {}; }
  // Keys of every Secret and ConfigMap that something refers to, there or not.
  virtual std::set<std::string> wanted_secrets() const = 0;
  virtual std::set<std::string> wanted_config_maps() const = 0;
};

}  // namespace fairlead::providers::kubernetes
