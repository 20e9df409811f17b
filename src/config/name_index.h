// Finds the objects of one section by name with one look into a table. Why: names share long
// prefixes, and a search of the ordered map compares them fourteen times over among 10,000. Holds
// addresses of the map's elements: valid while none is removed. A value on the stack of one pass.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace fairlead::config {

// `Map` may be const: then so are the elements.
template <class Map>
class NameIndex {
 public:
  using Element = std::remove_reference_t<decltype(*std::declval<Map&>().begin())>;
  static constexpr size_t kNone = static_cast<size_t>(-1);

  explicit NameIndex(Map& objects) : mask_(std::bit_ceil(2 * objects.size() + 1) - 1) {
    elements_.reserve(objects.size());
    cells_.resize(mask_ + 1);
    for (auto& element : objects) enter(element);
  }

  size_t size() const { return elements_.size(); }
  // In the order of the map.
  Element& operator[](size_t position) const { return *elements_[position]; }

  // The position of a name, or kNone.
  size_t position(std::string_view name) const {
    size_t hash = std::hash<std::string_view>{}(name);
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Cell& cell = cells_[at];
      if (cell.number == 0) return kNone;
      if (cell.tag == tag(hash) && elements_[cell.number - 1]->first == name) {
        return cell.number - 1;
      }
    }
  }
  bool contains(std::string_view name) const { return position(name) != kNone; }

 private:
  struct Cell {
    uint32_t tag = 0;     // the half of the hash that does not choose the cell
    uint32_t number = 0;  // 1 + position; 0: empty
  };

  static uint32_t tag(size_t hash) { return static_cast<uint32_t>(hash >> 32); }

  void enter(Element& element) {
    size_t hash = std::hash<std::string_view>{}(element.first);
    elements_.push_back(&element);
    size_t at = hash & mask_;
    while (cells_[at].number != 0) at = (at + 1) & mask_;
    cells_[at] = {tag(hash), static_cast<uint32_t>(elements_.size())};
  }

  size_t mask_;
  std::vector<Element*> elements_;
  std::vector<Cell> cells_;  // at most half full
};

}  // namespace fairlead::config
