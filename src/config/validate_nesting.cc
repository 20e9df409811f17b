// Routers behind routers (parentRefs): every child hangs on at least one usable parent, no chain of
// parents closes a loop, and every router without a service leads to one that has it.
#include <algorithm>
#include <set>

#include "config/validate_pass.h"

namespace fairlead::config {
namespace {

class Nesting {
 public:
  explicit Nesting(ValidationPass& pass)
      : pass_(pass), routers_(pass.objects().routers), states_(pass.result().routers) {}

  void run() {
    for (auto& [name, router] : routers_) check_child_fields(name, router);
    for (auto& [name, router] : routers_) {
      std::vector<const std::string*> open;
      climb(name, open);
    }
    // Disabling a dead end can make its parent one: until nothing changes.
    while (disable_dead_ends() || disable_orphans()) {
    }
  }

 private:
  bool is_usable(const std::string& name) const {
    return routers_.contains(name) && !ValidationPass::is_disabled(states_, name);
  }
  void disable(const std::string& name, std::string why) {
    pass_.disable(states_, "router", name, std::move(why));
  }

  void check_child_fields(const std::string& name, RouterSpec& router);
  void climb(const std::string& name, std::vector<const std::string*>& open);
  bool disable_dead_ends();
  bool disable_orphans();

  ValidationPass& pass_;
  std::map<std::string, RouterSpec>& routers_;
  StatusMap& states_;
  std::set<std::string> climbed_;
};

void Nesting::check_child_fields(const std::string& name, RouterSpec& router) {
  if (router.parent_refs.empty()) return;
  if (!router.entry_points.empty() || router.tls || router.observability != ObservabilitySpec{}) {
    disable(name,
            "has parentRefs and so may not have entryPoints, tls or observability; those of "
            "the outermost router count");
  }
  std::erase_if(router.parent_refs, [&](const std::string& parent) {
    if (routers_.contains(parent)) return false;
    pass_.warn(states_, "router", name, pass_.missing("parent router", parent, routers_));
    return true;
  });
  if (router.parent_refs.empty()) disable(name, "none of its parent routers exists");
}

// Follows parents upwards; a router met again on the way is in a loop.
void Nesting::climb(const std::string& name, std::vector<const std::string*>& open) {
  constexpr size_t kMaxDepth = 100;
  auto again = std::ranges::find_if(open, [&](const std::string* one) { return *one == name; });
  if (again != open.end()) {
    for (auto at = again; at != open.end(); ++at) disable(**at, "is its own parent in the end");
    return;
  }
  auto found = routers_.find(name);
  if (found == routers_.end() || climbed_.contains(name)) return;
  if (open.size() >= kMaxDepth) {
    disable(name, "is nested deeper than 100 routers");
    return;
  }
  open.push_back(&found->first);
  for (const std::string& parent : found->second.parent_refs) climb(parent, open);
  open.pop_back();
  climbed_.insert(name);
}

bool Nesting::disable_dead_ends() {
  std::set<std::string> with_children;
  for (const auto& [name, router] : routers_) {
    if (!is_usable(name)) continue;
    with_children.insert(router.parent_refs.begin(), router.parent_refs.end());
  }
  bool has_changed = false;
  for (const auto& [name, router] : routers_) {
    if (!router.service.empty() || with_children.contains(name) || !is_usable(name)) continue;
    disable(name, "has no service, and no usable router names it as its parent");
    has_changed = true;
  }
  return has_changed;
}

bool Nesting::disable_orphans() {
  bool has_changed = false;
  for (const auto& [name, router] : routers_) {
    if (router.parent_refs.empty() || !is_usable(name)) continue;
    bool has_parent = std::ranges::any_of(
        router.parent_refs, [&](const std::string& parent) { return is_usable(parent); });
    if (has_parent) continue;
    disable(name, "none of its parent routers can be used");
    has_changed = true;
  }
  return has_changed;
}

}  // namespace

void validate_nesting(ValidationPass& pass) { Nesting(pass).run(); }

}  // namespace fairlead::config
