// Gives out names: the wished one to whoever asks first, one with a hash of the owner to others.
// Without it a namespace could shadow another's objects with names that normalise alike. Pure.
#pragma once

#include <map>
#include <string>

#include "providers/kubernetes/naming.h"

namespace fairlead::providers::kubernetes {

class NameTable {
 public:
  // `owner` says who and what for; the same owner gets the same name.
  std::string take(const std::string& wish, const std::string& owner) {
    auto [at, is_new] = owners_.try_emplace(wish, owner);
    if (is_new || at->second == owner) return wish;
    std::string other = wish + "-" + short_hash(owner);
    owners_.try_emplace(other, owner);
    return other;
  }
  void give(const std::string& name) { owners_.erase(name); }

 private:
  std::map<std::string, std::string> owners_;
};

}  // namespace fairlead::providers::kubernetes
