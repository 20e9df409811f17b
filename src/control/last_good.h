// The last configuration of each provider on disk, so that a restart serves at once what was served
// before, until the provider itself has spoken. One file a provider, readable by its owner alone
// (it may hold password hashes and keys), replaced atomically. Blocking calls: loading happens at
// start, saving on a thread of the pool.
#pragma once

#include <optional>
#include <string>

#include "config/dynamic.h"

namespace fairlead::control {

class LastGood {
 public:
  explicit LastGood(std::string directory) : directory_(std::move(directory)) {}

  // Nothing when there is none. A file that cannot be used is reported and otherwise ignored.
  std::optional<config::Fragment> load(const std::string& provider,
                                       config::Diagnostics& diagnostics) const;
  // What went wrong, "" when nothing did. From any thread; one call at a time for a provider.
  std::string save(const config::Fragment& fragment) const;

  std::string path_for(const std::string& provider) const;

 private:
  std::string directory_;
};

}  // namespace fairlead::control
