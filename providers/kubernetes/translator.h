// From the store to a fragment, for one provider. Pure; owned by the provider, control thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "config/dynamic.h"
#include "providers/kubernetes/object_store.h"

namespace fairlead::providers::kubernetes {

class Translator {
 public:
  virtual ~Translator() = default;
  virtual std::string_view provider() const = 0;
  // Brings the fragment up to date with what changed in the store.
  virtual void update(const ObjectStore& store, const Changes& changes) = 0;
  virtual const config::Fragment& fragment() const = 0;
  // Keys of every Secret and ConfigMap that something refers to, there or not.
  virtual std::set<std::string> wanted_secrets() const = 0;
  virtual std::set<std::string> wanted_config_maps() const = 0;
};

}  // namespace fairlead::providers::kubernetes
