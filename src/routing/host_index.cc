#include "routing/host_index.h"

#include <bit>

#include "base/check.h"

namespace fairlead::routing {

// At most half full: about one and a quarter probes on average, and a free slot always ends a
// search.
HostIndex::HostIndex(size_t keys) : slots_(std::bit_ceil(keys * 2 + 1)), mask_(slots_.size() - 1) {}

uint32_t& HostIndex::at(uint64_t hash) {
  size_t i = hash & mask_;
  while (slots_[i].tag != 0 && slots_[i].tag != tag_of(hash)) i = (i + 1) & mask_;
  if (slots_[i].tag == 0) {
    slots_[i].tag = tag_of(hash);
    ++used_;
    FAIRLEAD_CHECK(used_ < slots_.size());
  }
  return slots_[i].number;
}

size_t HostIndex::probes(uint64_t hash) const {
  size_t probes = 1;
  for (size_t i = hash & mask_; slots_[i].tag != 0 && slots_[i].tag != tag_of(hash);
       i = (i + 1) & mask_)
    ++probes;
  return probes;
}

}  // namespace fairlead::routing
