// What changed in the configuration lately, for the API and the dashboard: the last hundred
// changes, each with the names it touched. Values; control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "config/dynamic.h"

namespace fairlead::control {

using WallTime = std::chrono::system_clock::time_point;

// Names are "router web@docker". Long lists are cut; the last element then says how many more there
// are.
struct Change {
  WallTime time;
  std::string provider;
  std::vector<std::string> added, removed, changed;
  bool is_empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// What a provider's new objects change about its old ones. `time` is left unset.
Change difference(const std::string& provider, const config::Objects& before,
                  const config::Objects& after);

class ChangeLog {
 public:
  static constexpr size_t kKept = 100;
  void add(Change change);
  const std::deque<Change>& entries() const { return entries_; }  // oldest first

 private:
  std::deque<Change> entries_;
};

}  // namespace fairlead::control
