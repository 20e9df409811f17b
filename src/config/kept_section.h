// What became of one section of one provider's fragment, kept from one merge to the next: an object
// that the provider still says in the same words is not made again. Belongs to Merger; one thread.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "config/section.h"

namespace fairlead::config {

// A merged object on its way into a Section.
template <class Spec>
struct Merged {
  typename Section<Spec>::Pointer element;
  bool is_replaced = false;  // only holds its name
  const std::string& name() const { return element->first; }
};

// Adds one sorted list to another. Of equal names the first stays, and `clash(first, other)` is
// told. Why by leaps: providers and copies for entry points lie in runs, and comparing names one by
// one costs more than all the rest.
template <class Spec, class Clash>
void weave(std::vector<Merged<Spec>>& into, std::vector<Merged<Spec>> more, Clash clash) {
  if (into.empty()) {
    into = std::move(more);
    return;
  }
  std::vector<Merged<Spec>> out;
  out.reserve(into.size() + more.size());
  auto at = into.begin();
  for (Merged<Spec>& one : more) {
    std::ptrdiff_t step = 1, left = into.end() - at;
    while (step < left && at[step].name() < one.name()) step *= 2;
    auto until = std::lower_bound(at, at + std::min(step + 1, left), one,
                                  [](auto& a, auto& b) { return a.name() < b.name(); });
    std::move(at, until, std::back_inserter(out));
    at = until;
    if (at != into.end() && at->name() == one.name()) {
      clash(*at, one);
    } else {
      out.push_back(std::move(one));
    }
  }
  std::move(at, into.end(), std::back_inserter(out));
  into = std::move(out);
}

template <class Spec>
class KeptSection {
 public:
  struct Copy {
    size_t group;
    typename Section<Spec>::Pointer element;
  };
  struct Made {
    Merged<Spec> merged;       // under the qualified name of the object itself
    std::vector<Copy> copies;  // at most one in a group
  };

  // Follows the fragment. `make(name, spec)` yields what an object becomes; objects that
  // `is_refused(name)` holds for are left out, and asked about again the next time.
  template <class Make, class IsRefused>
  void follow(const std::map<std::string, Spec>& from, Make make, IsRefused is_refused) {
    std::vector<typename Map::iterator> gone;
    std::vector<Kept*> added;
    auto old = kept_.begin();
    for (const auto& [name, spec] : from) {
      while (old != kept_.end() && old->first != name && old->first < name) gone.push_back(old++);
      if (old != kept_.end() && old->first == name) {
        Kept& kept = (old++)->second;
        if (!(kept.said == spec)) kept = Kept{spec, make(name, spec), false};
      } else if (!is_refused(name)) {
        auto made = kept_.emplace_hint(old, name, Kept{spec, make(name, spec), false});
        added.push_back(&made->second);
      }
    }
    while (old != kept_.end()) gone.push_back(old++);
    remove(gone);
    insert(added);
  }

  // In the order of qualified names.
  std::vector<Merged<Spec>> merged() const {
    std::vector<Merged<Spec>> out;
    out.reserve(in_order_.size());
    for (const Kept* kept : in_order_) out.push_back(kept->made.merged);
    return out;
  }
  std::vector<Merged<Spec>> copies(size_t group) const {
    std::vector<Merged<Spec>> out;
    for (const Kept* kept : in_order_) {
      for (const Copy& copy : kept->made.copies) {
        if (copy.group == group) out.push_back({copy.element, false});
      }
    }
    return out;
  }

 private:
  struct Kept {
    Spec said;
    Made made;
    bool is_gone = false;
  };
  using Map = std::map<std::string, Kept>;

  static bool is_before(const Kept* a, const Kept* b) {
    return a->made.merged.name() < b->made.merged.name();
  }

  void remove(const std::vector<typename Map::iterator>& gone) {
    if (gone.empty()) return;
    for (auto at : gone) at->second.is_gone = true;
    std::erase_if(in_order_, [](const Kept* kept) { return kept->is_gone; });
    for (auto at : gone) kept_.erase(at);
  }

  // Qualified names do not follow the order of plain ones: "a-b@file" goes before "a@file".
  void insert(std::vector<Kept*>& added) {
    if (added.empty()) return;
    std::ranges::sort(added, is_before);
    std::vector<Kept*> all(in_order_.size() + added.size());
    std::ranges::merge(in_order_, added, all.begin(), is_before);
    in_order_ = std::move(all);
  }

  Map kept_;  // by plain name
  std::vector<Kept*> in_order_;
};

}  // namespace fairlead::config
