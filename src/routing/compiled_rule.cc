#include "routing/compiled_rule.h"

#include <algorithm>

#include "routing/rule_dialect.h"
#include "routing/rule_literal.h"

namespace fairlead::routing {

namespace {

using Kind = RuleNode::Kind;
using Leaves = std::vector<CompiledRule::Leaf>;

// Each may take a megabyte and a few milliseconds; nobody needs more, `a|b` joins them.
constexpr unsigned kMaxRegexps = 64;

uint32_t count_calls(const RuleNode& node) {
  if (node.kind == Kind::call) return 1;
  uint32_t calls = 0;
  for (const RuleNode& operand : node.operands) calls += count_calls(operand);
  return calls;
}

// Makes the predicates of a tree, from left to right.
class LeafMaker {
 public:
  std::expected<Leaves, RuleError> make(const RuleNode& tree) {
    leaves_.reserve(count_calls(tree));
    if (!visit(tree)) return std::unexpected(error_);
    return std::move(leaves_);
  }

 private:
  bool visit(const RuleNode& node) {
    if (node.kind == Kind::call) return add(node);
    return std::ranges::all_of(node.operands,
                               [this](const RuleNode& operand) { return visit(operand); });
  }

  bool add(const RuleNode& call) {
    const MatcherType* type = find_matcher(call.name);
    if (!type) return refuse(call, "unknown matcher \"" + call.name + "\"");
    if (type->is_regexp && ++regexps_ > kMaxRegexps) {
      return refuse(call,
                    "more than 64 regular expressions in one rule; join them with | inside one");
    }
    auto matcher = type->make(call.arguments);
    if (!matcher) return refuse(call, std::move(matcher.error()));
    leaves_.push_back({std::move(matcher->predicate), std::move(matcher->hint)});
    return true;
  }

  bool refuse(const RuleNode& call, std::string message) {
    error_ = {call.position, std::move(message)};
    return false;
  }

  Leaves leaves_;
  RuleError error_;
  unsigned regexps_ = 0;
};

using Compiled = std::expected<std::shared_ptr<const CompiledRule>, RuleError>;

Compiled compile_tree(RuleNode tree) {
  auto leaves = LeafMaker().make(tree);
  if (!leaves) return std::unexpected(std::move(leaves.error()));
  return std::make_shared<const CompiledRule>(std::move(tree), std::move(*leaves));
}

// Answers for explanations: asks every matcher, keeps the first that refused.
class Explainer {
 public:
  Explainer(const CompiledRule& rule, const MatchContext& context)
      : rule_(rule), context_(context) {}

  // Empty when the node holds.
  std::string refusal(const RuleNode& node) {
    if (node.kind == Kind::call) {
      const Predicate& predicate = *rule_.leaves()[next_call_++].predicate;
      return predicate.matches(context_) ? std::string() : predicate.text();
    }
    std::string first;
    bool any_holds = false;
    for (const RuleNode& operand : node.operands) {
      std::string refused = refusal(operand);
      if (refused.empty()) any_holds = true;
      if (first.empty()) first = std::move(refused);
    }
    if (node.kind == Kind::both) return first;
    bool is_held = node.kind == Kind::either ? any_holds : !any_holds;
    return is_held ? std::string() : to_text(node);
  }

 private:
  const CompiledRule& rule_;
  const MatchContext& context_;
  size_t next_call_ = 0;
};

enum class Wildcards : uint8_t { left_out, included };

void collect_hosts(const RuleNode& node, bool is_negated, const CompiledRule& rule,
                   Wildcards wildcards, size_t& next_call, std::vector<std::string>& hosts) {
  if (node.kind == Kind::call) {
    const IndexHint& hint = rule.leaves()[next_call++].hint;
    bool is_wanted =
        hint.kind == IndexHint::Kind::exact_host ||
        (hint.kind == IndexHint::Kind::wildcard_host && wildcards == Wildcards::included);
    if (is_wanted && !is_negated) hosts.push_back(hint.key);
    return;
  }
  bool flips = node.kind == Kind::negation;
  for (const RuleNode& operand : node.operands) {
    collect_hosts(operand, is_negated != flips, rule, wildcards, next_call, hosts);
  }
}

std::vector<std::string> hosts_in(const CompiledRule& rule, Wildcards wildcards) {
  std::vector<std::string> hosts;
  size_t next_call = 0;
  collect_hosts(rule.tree(), false, rule, wildcards, next_call, hosts);
  std::ranges::sort(hosts);
  auto repeated = std::ranges::unique(hosts);
  hosts.erase(repeated.begin(), repeated.end());
  return hosts;
}

}  // namespace

CompiledRule::CompiledRule(RuleNode tree, std::vector<Leaf> leaves)
    : tree_(std::move(tree)), leaves_(std::move(leaves)) {
  link(tree_, 0, kAccept, kReject);
  std::vector<const IndexHint*> hints;
  for (const Leaf& leaf : leaves_) hints.push_back(&leaf.hint);
  terms_ = index_terms(tree_, hints);
}

// Links the calls below `node`, the first of which is leaf `first`; returns the leaf after the last
// one.
uint32_t CompiledRule::link(const RuleNode& node, uint32_t first, uint32_t on_true,
                            uint32_t on_false) {
  if (node.kind == Kind::call) {
    leaves_[first].on_true = on_true, leaves_[first].on_false = on_false;
    return first + 1;
  }
  if (node.kind == Kind::negation) return link(node.operands.front(), first, on_false, on_true);
  bool is_both = node.kind == Kind::both;
  for (const RuleNode& operand : node.operands) {
    if (&operand == &node.operands.back()) return link(operand, first, on_true, on_false);
    uint32_t next = first + count_calls(operand);
    link(operand, first, is_both ? next : on_true, is_both ? on_false : next);
    first = next;
  }
  return first;
}

std::expected<std::shared_ptr<const CompiledRule>, RuleError> compile_rule(std::string_view rule) {
  auto tree = parse_rule(rule);
  if (!tree) return std::unexpected(std::move(tree.error()));
  return compile_tree(std::move(*tree));
}

std::expected<std::shared_ptr<const CompiledRule>, RuleError> compile_rule_v2(
    std::string_view rule) {
  auto tree = parse_rule_as(rule, dialect_v2());
  if (tree) tree = translate_v2(*tree);
  if (!tree) return std::unexpected(std::move(tree.error()));
  return compile_tree(std::move(*tree));
}

std::vector<std::string> hosts_of(const CompiledRule& rule) {
  return hosts_in(rule, Wildcards::left_out);
}

std::vector<std::string> host_patterns_of(const CompiledRule& rule) {
  return hosts_in(rule, Wildcards::included);
}

bool holds(const CompiledRule& rule, const MatchContext& context) { return rule.holds(context); }

std::string refused_by(const CompiledRule& rule, const MatchContext& context) {
  return Explainer(rule, context).refusal(rule.tree());
}

std::string text_of(const CompiledRule& rule) { return to_text(rule.tree()); }

}  // namespace fairlead::routing
