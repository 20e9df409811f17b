#include "control/slot_registry.h"

namespace fairlead::control {

SlotRegistry::Entry& SlotRegistry::entry(std::string_view identity) {
  auto found = slots_.find(identity);
  if (found == slots_.end()) {
    io::SlotId id{next_index_, 1};
    if (free_.empty()) {
      ++next_index_;
    } else {
      id = free_.back();
      ++id.generation;
      free_.pop_back();
    }
    found = slots_.emplace(std::string(identity), Entry{id, version_}).first;
  }
  mark(found->second);
  return found->second;
}

void SlotRegistry::sweep(uint64_t oldest_live) {
  for (auto at = slots_.begin(); at != slots_.end();) {
    if (at->second.used_by < oldest_live) {
      free_.push_back(at->second.id);
      at = slots_.erase(at);
    } else {
      ++at;
    }
  }
}

}  // namespace fairlead::control
