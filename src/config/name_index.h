// Finds the objects of a section by name with one look into a table. Why: names share long
// prefixes, and a search of the ordered section compares them fourteen times over among 10,000.
// Refers to the section: valid while none is added or removed. A value on the stack of one pass.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "config/section.h"

namespace fairlead::config {

template <class Spec>
class NameIndex {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  explicit NameIndex(const Section<Spec>& section)
      : section_(&section), mask_(std::bit_ceil(2 * section.size() + 1) - 1), cells_(mask_ + 1) {
    for (size_t i = 0; i < section.size(); ++i) enter(i);
  }

  // The position of a name, or kNone.
  size_t position(std::string_view name) const {
    size_t hash = std::hash<std::string_view>{}(name);
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Cell& cell = cells_[at];
      if (cell.number == 0) return kNone;
      if (cell.tag == tag(hash) && (*section_)[cell.number - 1].first == name) {
        return cell.number - 1;
      }
    }
  }

 private:
  struct Cell {
    uint32_t tag = 0;     // the half of the hash that does not choose the cell
    uint32_t number = 0;  // 1 + position; 0: empty
  };

  static uint32_t tag(size_t hash) { return static_cast<uint32_t>(hash >> 32); }

  void enter(size_t position) {
    size_t hash = std::hash<std::string_view>{}((*section_)[position].first);
    size_t at = hash & mask_;
    while (cells_[at].number != 0) at = (at + 1) & mask_;
    cells_[at] = {tag(hash), static_cast<uint32_t>(position + 1)};
  }

  const Section<Spec>* section_;
  size_t mask_;
  std::vector<Cell> cells_;  // at most half full
};

}  // namespace fairlead::config
