// From the hash of a host to a number: open addressing with linear probing over 8-byte slots, so
// that 100,000 hosts are 2 MiB and a lookup touches one cache line. Keys are hashes, not text:
// hosts whose tags collide share a number, and the candidates behind it carry the text. Filled
// once, then immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "routing/large_array.h"

namespace fairlead::routing {

class HostIndex {
 public:
  static constexpr uint32_t kNone = ~0u;

  // Room for that many keys; inserting more is a fault of the caller.
  explicit HostIndex(size_t keys);

  bool empty() const { return used_ == 0; }
  // The number behind the hash: kNone when it is new, to be set by the caller before the next call.
  uint32_t& at(uint64_t hash);

  uint32_t find(uint64_t hash) const {
    for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
      if (slots_[i].tag == tag_of(hash)) return slots_[i].number;
      if (slots_[i].tag == 0) return kNone;
    }
  }

  // Replaces every number by change(number).
  template <class Change>
  void renumber(Change change) {
    for (Slot& slot : slots_) {
      if (slot.tag != 0) slot.number = change(slot.number);
    }
  }

  // How many slots find() looks at, for tests.
  size_t probes(uint64_t hash) const;

 private:
  struct Slot {
    uint32_t tag = 0;  // 0: free
    uint32_t number = kNone;
  };

  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 1; }

  LargeArray<Slot> slots_;
  size_t mask_;
  size_t used_ = 0;
};

}  // namespace fairlead::routing
