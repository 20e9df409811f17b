// What all providers say, as one: names become qualified ("web@docker"), references without @
// resolve inside their own fragment, and what only one provider may define goes to the first in
// order of precedence. What a provider says again in the same words is not merged again. Control
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/dynamic.h"
#include "config/entry_point_defaults.h"

namespace fairlead::config {

// The order in which providers win ties, unless providers.precedence says otherwise.
extern const std::vector<std::string> kDefaultPrecedence;

struct MergeSettings {
  std::vector<std::string>
      precedence;  // names put before the default order; may be partial or empty
  EntryPointDefaults entry_points;
  // The spelling of a middleware type in the registry ("stripprefix" → "stripPrefix"), or the word
  // itself when it is unknown. May be empty: then types keep their spelling.
  std::function<std::string(std::string_view)> canonical_type;
};

// Ranks providers: smaller wins. Those in no list come last, and names decide between equals.
class Precedence {
 public:
  explicit Precedence(const std::vector<std::string>& first);
  size_t rank(std::string_view provider) const;
  bool goes_before(std::string_view a, std::string_view b) const;

 private:
  std::vector<std::string> order_;
};

// priority, or the length of the rule in bytes when it is 0.
int64_t effective_priority(const RouterSpec& router);
// The order in which routers are tried: priority, then provider, then name.
bool is_tried_before(const std::pair<const std::string, RouterSpec>& a,
                     const std::pair<const std::string, RouterSpec>& b,
                     const Precedence& precedence);

class Merger {
 public:
  explicit Merger(MergeSettings settings);
  ~Merger();

  // The result holds every diagnostic of the fragments and those of merging; nothing is validated
  // yet. The same as if it were the first call, but objects that stayed the same are the same
  // objects.
  DynamicConfig merge(std::span<const Fragment* const> fragments);

 private:
  struct Provider;  // what it said last, and what became of it
  class Pass;

  MergeSettings settings_;
  Precedence precedence_;
  EntryPointExpansion expansion_;
  std::map<std::pair<std::string, size_t>, std::unique_ptr<Provider>> providers_;
};

// Once, without a memory.
DynamicConfig merge(std::span<const Fragment* const> fragments, const MergeSettings& settings);

}  // namespace fairlead::config
