#include "routing/tcp_rule.h"

#include <algorithm>

#include "routing/mux_template.h"
#include "routing/rule_dialect.h"

namespace fairlead::routing {
namespace {

using Kind = RuleNode::Kind;

constexpr unsigned kMaxRegexps = 64;  // as in HTTP rules

constexpr CallShape kCallsV2[] = {{"HostSNI", 1, kManyArguments},
                                  {"HostSNIRegexp", 1, kManyArguments},
                                  {"ALPN", 1, kManyArguments},
                                  {"ClientIP", 1, kManyArguments}};

const Dialect& tcp_dialect(std::string_view syntax) {
  static const std::vector<CallShape> calls = [] {
    std::vector<CallShape> shapes;
    for (const TcpMatcherType* type : all_tcp_matchers()) shapes.push_back({type->name, 1, 1});
    return shapes;
  }();
  static const Dialect v3{calls, "v3"};
  static constexpr Dialect v2{kCallsV2, "v2"};
  return syntax == "v2" ? v2 : v3;
}

// A v2 list is v3's ||, a template an expression.
std::expected<RuleNode, RuleError> translate_call(const RuleNode& call) {
  RuleNode list;
  list.kind = Kind::either;
  std::string_view name = find_call(tcp_dialect("v2"), call.name)->name;
  for (const std::string& argument : call.arguments) {
    RuleNode& one = list.operands.emplace_back();
    one.position = call.position;
    one.name = name;
    one.arguments = {argument};
    if (name != "HostSNIRegexp") continue;
    if (!has_template(argument)) {
      one.name = "HostSNI";
      continue;
    }
    auto expression = expression_of(argument, "[^.]+");
    if (!expression) return std::unexpected(RuleError{call.position, expression.error()});
    one.arguments = {"(?i)" + *expression + "$"};
  }
  if (list.operands.size() > 1) return list;
  RuleNode only = std::move(list.operands.front());
  return only;
}

std::expected<RuleNode, RuleError> translate(const RuleNode& node) {
  if (node.kind == Kind::call) return translate_call(node);
  RuleNode translated;
  translated.kind = node.kind;
  for (const RuleNode& operand : node.operands) {
    auto part = translate(operand);
    if (!part) return part;
    translated.operands.push_back(std::move(*part));
  }
  return translated;
}

// Makes the predicates of a tree, from left to right.
class LeafMaker {
 public:
  bool visit(const RuleNode& node) {
    if (node.kind == Kind::call) return add(node);
    return std::ranges::all_of(node.operands,
                               [this](const RuleNode& operand) { return visit(operand); });
  }

  std::vector<TcpMatcher> leaves;
  RuleError error;

 private:
  bool add(const RuleNode& call) {
    const TcpMatcherType* type = find_tcp_matcher(call.name);
    if (type->is_regexp && ++regexps_ > kMaxRegexps) {
      error = {call.position,
               "more than 64 regular expressions in one rule; join them with | inside one"};
      return false;
    }
    auto matcher = type->make(call.arguments.front());
    if (matcher) {
      leaves.push_back(std::move(*matcher));
    } else {
      error = {call.position, std::move(matcher.error())};
    }
    return matcher.has_value();
  }

  unsigned regexps_ = 0;
};

// Answers a node; `next_leaf` walks over the leaves whether they are asked or not.
class Asker {
 public:
  Asker(std::span<const TcpMatcher> leaves, const TcpMatchContext& context)
      : leaves_(leaves), context_(context) {}

  bool holds(const RuleNode& node) {
    if (node.kind == Kind::call) {
      const TcpPredicate& predicate = *leaves_[next_leaf_++].predicate;
      bool is_yes = predicate.matches(context_);
      if (!is_yes && refused_ == nullptr) refused_ = &predicate;
      return is_yes;
    }
    bool any = false, all = true;
    for (const RuleNode& operand : node.operands) {
      bool is_yes = holds(operand);
      any = any || is_yes;
      all = all && is_yes;
    }
    if (node.kind == Kind::negation) return !all;
    return node.kind == Kind::both ? all : any;
  }
  // Null when the rule fails by a negation alone.
  const TcpPredicate* refused() const { return refused_; }

 private:
  std::span<const TcpMatcher> leaves_;
  const TcpMatchContext& context_;
  size_t next_leaf_ = 0;
  const TcpPredicate* refused_ = nullptr;
};

}  // namespace

TcpRule::TcpRule(RuleNode tree, std::vector<TcpMatcher> leaves)
    : tree_(std::move(tree)), leaves_(std::move(leaves)) {
  std::vector<const IndexHint*> hints;
  for (const TcpMatcher& leaf : leaves_) hints.push_back(&leaf.hint);
  terms_ = index_terms(tree_, hints);
}

bool TcpRule::holds(const TcpMatchContext& context) const {
  return Asker(leaves_, context).holds(tree_);
}

std::string TcpRule::refused_by(const TcpMatchContext& context) const {
  Asker asker(leaves_, context);
  if (asker.holds(tree_)) return {};
  return asker.refused() != nullptr ? asker.refused()->text() : to_text(tree_);
}

bool TcpRule::is_catch_all() const {
  return tree_.kind == Kind::call && leaves_.front().hint.kind == IndexHint::Kind::any_host;
}

bool TcpRule::needs_tls() const {
  return std::ranges::any_of(leaves_, [](const TcpMatcher& leaf) {
    return leaf.hint.kind == IndexHint::Kind::exact_host ||
           leaf.hint.kind == IndexHint::Kind::wildcard_host;
  });
}

std::expected<TcpRulePtr, RuleError> compile_tcp_rule(std::string_view rule,
                                                      std::string_view syntax) {
  auto tree = parse_rule_as(rule, tcp_dialect(syntax));
  if (tree && syntax == "v2") tree = translate(*tree);
  if (!tree) return std::unexpected(std::move(tree.error()));
  LeafMaker maker;
  if (!maker.visit(*tree)) return std::unexpected(std::move(maker.error));
  return std::make_shared<const TcpRule>(std::move(*tree), std::move(maker.leaves));
}

}  // namespace fairlead::routing
