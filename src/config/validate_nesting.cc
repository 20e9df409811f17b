// Routers behind routers (parentRefs): every child hangs on at least one usable parent, no chain of
// parents closes a loop, and every router without a service leads to one that has it.
#include <algorithm>
#include <unordered_set>

#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

class Nesting {
 public:
  explicit Nesting(ValidationPass& pass)
      : pass_(pass), routers_(pass.routers()), climbed_(routers_.size()) {}

  void run() {
    for (size_t i = 0; i < routers_.size(); ++i) check_child_fields(i);
    for (size_t i = 0; i < routers_.size(); ++i) {
      std::vector<size_t> open;
      climb(i, open);
    }
    // Disabling a dead end can make its parent one: until nothing changes.
    while (disable_dead_ends() || disable_orphans()) {
    }
  }

 private:
  bool is_usable(const std::string& name) const {
    size_t found = routers_.position(name);
    return found != routers_.kNone && !routers_.is_disabled(found);
  }
  void disable(size_t router, std::string why) { pass_.disable(routers_, router, std::move(why)); }

  void check_child_fields(size_t position);
  void climb(size_t position, std::vector<size_t>& open);
  bool disable_dead_ends();
  bool disable_orphans();

  ValidationPass& pass_;
  CheckedSection<RouterSpec>& routers_;
  std::vector<bool> climbed_;
};

void Nesting::check_child_fields(size_t position) {
  const RouterSpec& router = routers_.spec(position);
  if (router.parent_refs.empty()) return;
  if (!router.entry_points.empty() || router.tls || router.observability != ObservabilitySpec{}) {
    disable(position,
            "has parentRefs and so may not have entryPoints, tls or observability; those of "
            "the outermost router count");
  }
  auto is_missing = [&](const std::string& parent) {
    return routers_.position(parent) == routers_.kNone;
  };
  if (std::ranges::none_of(router.parent_refs, is_missing)) return;
  std::vector<std::string>& parents = routers_.edit(position).parent_refs;
  std::erase_if(parents, [&](const std::string& parent) {
    if (!is_missing(parent)) return false;
    pass_.warn(routers_, position, pass_.missing("parent router", parent, pass_.objects().routers));
    return true;
  });
  if (parents.empty()) disable(position, "none of its parent routers exists");
}

// Follows parents upwards; a router met again on the way is in a loop.
void Nesting::climb(size_t position, std::vector<size_t>& open) {
  constexpr size_t kMaxDepth = 100;
  auto again = std::ranges::find(open, position);
  if (again != open.end()) {
    for (auto at = again; at != open.end(); ++at) disable(*at, "is its own parent in the end");
    return;
  }
  if (climbed_[position]) return;
  if (open.size() >= kMaxDepth) {
    disable(position, "is nested deeper than 100 routers");
    return;
  }
  climbed_[position] = true;
  const std::vector<std::string>& parents = routers_.spec(position).parent_refs;
  if (parents.empty()) return;
  open.push_back(position);
  for (const std::string& parent : parents) climb(routers_.position(parent), open);
  open.pop_back();
}

bool Nesting::disable_dead_ends() {
  std::unordered_set<std::string_view> with_children;
  for (size_t i = 0; i < routers_.size(); ++i) {
    if (routers_.is_disabled(i)) continue;
    const std::vector<std::string>& parents = routers_.spec(i).parent_refs;
    with_children.insert(parents.begin(), parents.end());
  }
  bool has_changed = false;
  for (size_t i = 0; i < routers_.size(); ++i) {
    if (!routers_.spec(i).service.empty() || routers_.is_disabled(i)) continue;
    if (with_children.contains(routers_.name(i))) continue;
    disable(i, "has no service, and no usable router names it as its parent");
    has_changed = true;
  }
  return has_changed;
}

bool Nesting::disable_orphans() {
  bool has_changed = false;
  for (size_t i = 0; i < routers_.size(); ++i) {
    const std::vector<std::string>& parents = routers_.spec(i).parent_refs;
    if (parents.empty() || routers_.is_disabled(i)) continue;
    if (std::ranges::any_of(parents, [&](const std::string& one) { return is_usable(one); })) {
      continue;
    }
    disable(i, "none of its parent routers can be used");
    has_changed = true;
  }
  return has_changed;
}

}  // namespace

void validate_nesting(ValidationPass& pass) { Nesting(pass).run(); }

}  // namespace fairlead::config
