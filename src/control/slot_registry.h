// Gives identities ("pool:http://10.0.0.2:80", "middleware limit@file") their slots in every
// worker's table. An identity keeps its slot as long as some live snapshot uses it; the index is
// used again only when no snapshot that could know the old meaning is left. Control thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/worker_context.h"

namespace fairlead::control {

class SlotRegistry {
 public:
  struct Entry {
    io::SlotId id;
    uint64_t used_by = 0;  // the last version that asked
  };

  // The slot of an identity, marked as used by the snapshot that is being compiled.
  io::SlotId slot(std::string_view identity) { return entry(identity).id; }
  // The same, to be kept: the reference is valid as long as every version marks it.
  Entry& entry(std::string_view identity);
  void mark(Entry& entry) { entry.used_by = version_; }

  // Around each compilation. `oldest_live` is the version of the oldest snapshot that something
  // still pins.
  void begin(uint64_t version) { version_ = version; }
  void sweep(uint64_t oldest_live);

  size_t size() const { return slots_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> slots_;
  std::vector<io::SlotId> free_;
  uint32_t next_index_ = 0;
  uint64_t version_ = 0;
};

}  // namespace fairlead::control
