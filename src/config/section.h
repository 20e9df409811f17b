// One kind of configured objects, sorted by name, whose elements are shared and never change: a new
// configuration takes over every element that stayed the same, so copying, keeping and comparing
// configurations costs a pointer an object. Reads like a std::map; what changes an element puts a
// copy in its place. A value; elements may be read from any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace fairlead::config {

template <class Spec>
class Section {
 public:
  using Element = std::pair<const std::string, Spec>;  // name and object
  using Pointer = std::shared_ptr<const Element>;

  class const_iterator {
   public:
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    const_iterator() = default;
    const Element& operator*() const { return **at_; }
    const Element* operator->() const { return at_->get(); }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const const_iterator&) const = default;

   private:
    friend class Section;
    explicit const_iterator(typename std::vector<Pointer>::const_iterator at) : at_(at) {}
    typename std::vector<Pointer>::const_iterator at_;
  };

  Section() = default;
  // Sorted by name, without a name twice.
  explicit Section(std::vector<Pointer> sorted) : elements_(std::move(sorted)) {}
  explicit Section(const std::map<std::string, Spec>& objects) {
    elements_.reserve(objects.size());
    for (const Element& one : objects) elements_.push_back(std::make_shared<const Element>(one));
  }

  size_t size() const { return elements_.size(); }
  bool empty() const { return elements_.empty(); }
  const_iterator begin() const { return const_iterator(elements_.begin()); }
  const_iterator end() const { return const_iterator(elements_.end()); }

  const_iterator find(std::string_view name) const {
    auto at = std::ranges::lower_bound(elements_, name, {}, name_of);
    return const_iterator(at != elements_.end() && (*at)->first == name ? at : elements_.end());
  }
  bool contains(std::string_view name) const { return find(name) != end(); }
  const Spec& at(std::string_view name) const {
    const_iterator found = find(name);
    FAIRLEAD_CHECK(found != end());
    return found->second;
  }

  // By position, in the order of names.
  const Element& operator[](size_t position) const { return *elements_[position]; }
  const Pointer& pointer(size_t position) const { return elements_[position]; }
  const std::vector<Pointer>& pointers() const { return elements_; }

  // Puts a copy of one object in its place, to be changed by the caller before anybody else sees
  // it. Whoever shares the old element keeps it.
  Spec& edit(size_t position) {
    auto copy = std::make_shared<Element>(*elements_[position]);
    elements_[position] = copy;
    return copy->second;
  }
  // Of the same name.
  void replace(size_t position, Pointer element) { elements_[position] = std::move(element); }

  // Moves every element that `is_chosen(position)` into a section of its own.
  template <class IsChosen>
  Section extract_if(IsChosen is_chosen) {
    std::vector<Pointer> chosen, left;
    for (size_t i = 0; i < elements_.size(); ++i) {
      (is_chosen(i) ? chosen : left).push_back(std::move(elements_[i]));
    }
    elements_ = std::move(left);
    return Section(std::move(chosen));
  }

  bool operator==(const Section& other) const {
    return std::ranges::equal(elements_, other.elements_, [](const Pointer& a, const Pointer& b) {
      return a == b || *a == *b;
    });
  }

 private:
  static std::string_view name_of(const Pointer& element) { return element->first; }

  std::vector<Pointer> elements_;
};

// What a pass found out about each object of a section, so that the next pass need not look at
// those that are the very same object again. Keeps the objects, so that no address means two of
// them.
template <class Spec, class Note>
class Recall {
 public:
  // Notes for the objects of `section`, by position: what was noted of the same object before, else
  // a new Note.
  void align(const Section<Spec>& section) {
    std::vector<Note> notes(section.size());
    size_t before = 0;
    for (size_t i = 0; i < section.size(); ++i) {
      while (before < elements_.size() && elements_[before] != section.pointer(i) &&
             elements_[before]->first < section[i].first) {
        ++before;
      }
      bool is_same = before < elements_.size() && elements_[before] == section.pointer(i);
      if (is_same) notes[i] = std::move(notes_[before++]);
    }
    notes_ = std::move(notes);
    elements_ = section.pointers();
  }

  size_t size() const { return notes_.size(); }
  Note& operator[](size_t position) { return notes_[position]; }

 private:
  std::vector<typename Section<Spec>::Pointer> elements_;
  std::vector<Note> notes_;
};

}  // namespace fairlead::config
