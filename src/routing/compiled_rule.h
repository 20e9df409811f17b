// One router's rule, ready to be asked: its matchers in the order of the text, each knowing where
// to go on after yes and after no, and the terms by which a Router indexes it. Immutable, shared by
// snapshots and workers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "routing/index_term.h"
#include "routing/matchers/matcher_type.h"
#include "routing/router.h"
#include "routing/rule_parser.h"

namespace fairlead::routing {

class CompiledRule {
 public:
  struct Leaf {
    std::unique_ptr<const Predicate> predicate;
    IndexHint hint;
    uint32_t on_true = 0;  // the next leaf, or kAccept or kReject
    uint32_t on_false = 0;
  };
  static constexpr uint32_t kAccept = ~0u;
  static constexpr uint32_t kReject = ~0u - 1;

  // `leaves` are the calls of `tree` from left to right, not yet linked.
  CompiledRule(RuleNode tree, std::vector<Leaf> leaves);
  CompiledRule(const CompiledRule&) = delete;
  CompiledRule& operator=(const CompiledRule&) = delete;

  bool holds(const MatchContext& context) const {
    uint32_t at = 0;
    do {
      const Leaf& leaf = leaves_[at];
      at = leaf.predicate->matches(context) ? leaf.on_true : leaf.on_false;
    } while (at < kReject);
    return at == kAccept;
  }

  const RuleNode& tree() const { return tree_; }
  std::span<const Leaf> leaves() const { return leaves_; }
  std::span<const IndexTerm> terms() const { return terms_; }

 private:
  uint32_t link(const RuleNode& node, uint32_t first, uint32_t on_true, uint32_t on_false);

  RuleNode tree_;
  std::vector<Leaf> leaves_;
  std::vector<IndexTerm> terms_;  // views into leaves_
};

}  // namespace fairlead::routing
