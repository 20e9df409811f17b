#include "routing/index_term.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "routing/host_hash.h"

namespace fairlead::routing {

namespace {

using Kind = RuleNode::Kind;
using Terms = std::vector<IndexTerm>;

// A rule of 64 KiB cannot name more than about 4,000 hosts; more terms than that come from
// multiplying out.
constexpr size_t kMaxTerms = 4096;
constexpr size_t kMaxProduct = 256;
// Term operations spent on one rule: far above any rule a person writes, about a millisecond.
constexpr size_t kMaxWork = 100'000;

IndexTerm term_of(const IndexHint& hint) {
  IndexTerm term;
  term.is_decisive = hint.kind != IndexHint::Kind::none;
  switch (hint.kind) {
    case IndexHint::Kind::none:
    case IndexHint::Kind::any_host:
      break;
    case IndexHint::Kind::exact_host:
      term.host_key = HostKey::exact, term.host = hint.key;
      break;
    case IndexHint::Kind::wildcard_host:
      term.host_key = HostKey::wildcard, term.host = hint.key;
      break;
    case IndexHint::Kind::exact_path:
      term.path_key = PathKey::exact, term.path = hint.key;
      break;
    case IndexHint::Kind::path_prefix:
      term.path_key = PathKey::prefix, term.path = hint.key;
      break;
  }
  return term;
}

bool is_everywhere(const IndexTerm& term) {
  return term.host_key == HostKey::any && term.path_key == PathKey::any;
}

// Narrows `to` to the hosts that `by` allows too; false when there are none.
bool narrow_host(IndexTerm& to, const IndexTerm& by) {
  if (by.host_key == HostKey::any) return true;
  if (to.host_key == HostKey::any) {
    to.host_key = by.host_key, to.host = by.host;
    return true;
  }
  if (to.host_key == by.host_key) return to.host == by.host;
  std::string_view exact = to.host_key == HostKey::exact ? to.host : by.host;
  std::string_view wildcard = to.host_key == HostKey::exact ? by.host : to.host;
  to.host_key = HostKey::exact, to.host = exact;
  return wildcard_suffix(exact) == wildcard;
}

bool narrow_path(IndexTerm& to, const IndexTerm& by) {
  if (by.path_key == PathKey::any) return true;
  if (to.path_key == PathKey::any) {
    to.path_key = by.path_key, to.path = by.path;
    return true;
  }
  if (to.path_key == PathKey::exact) {
    return by.path_key == PathKey::exact ? to.path == by.path : to.path.starts_with(by.path);
  }
  std::string_view prefix = to.path;
  if (by.path_key == PathKey::exact || by.path.starts_with(prefix)) {
    to.path_key = by.path_key, to.path = by.path;
    return by.path.starts_with(prefix);
  }
  return prefix.starts_with(by.path);
}

std::optional<IndexTerm> both(IndexTerm a, const IndexTerm& b) {
  a.is_decisive = a.is_decisive && b.is_decisive;
  if (!narrow_host(a, b) || !narrow_path(a, b)) return std::nullopt;
  return a;
}

auto key_of(const IndexTerm& term) {
  return std::tuple(term.host_key, term.host, term.path_key, term.path, !term.is_decisive);
}

// One term for each key, a decisive one where there is one; one term alone when it holds
// everywhere.
void simplify(Terms& terms) {
  std::ranges::sort(terms, {}, key_of);
  auto repeated = std::ranges::unique(terms, [](const IndexTerm& a, const IndexTerm& b) {
    return std::tie(a.host_key, a.host, a.path_key, a.path) ==
           std::tie(b.host_key, b.host, b.path_key, b.path);
  });
  terms.erase(repeated.begin(), repeated.end());
  if (!terms.empty() && is_everywhere(terms.front())) terms.resize(1);
}

class Builder {
 public:
  explicit Builder(std::span<const IndexHint* const> hints) : hints_(hints) {}

  // Negations are pushed down to the calls: a negated call says nothing about where the rule holds.
  Terms build(const RuleNode& node, bool is_negated) {
    if (node.kind == Kind::call) {
      const IndexHint& hint = *hints_[next_call_++];
      return {is_negated ? IndexTerm{} : term_of(hint)};
    }
    if (node.kind == Kind::negation) return build(node.operands.front(), !is_negated);
    bool is_union = (node.kind == Kind::either) != is_negated;
    Terms terms = build(node.operands.front(), is_negated);
    for (const RuleNode& operand : std::span(node.operands).subspan(1)) {
      Terms more = build(operand, is_negated);
      terms = is_union ? unite(std::move(terms), more) : intersect(std::move(terms), more);
    }
    if (spend(terms.size())) simplify(terms);
    return terms;
  }

 private:
  Terms unite(Terms terms, const Terms& more) {
    if (terms.size() + more.size() > kMaxTerms || !spend(more.size())) return {IndexTerm{}};
    terms.insert(terms.end(), more.begin(), more.end());
    return terms;
  }

  Terms intersect(Terms a, const Terms& b) {
    size_t product = a.size() * b.size();
    bool is_multiplied = a.size() > 1 && b.size() > 1;
    if ((is_multiplied && product > kMaxProduct) || !spend(product))
      return narrower(std::move(a), b);
    Terms terms;
    for (const IndexTerm& x : a) {
      for (const IndexTerm& y : b) {
        if (auto term = both(x, y)) terms.push_back(*term);
      }
    }
    return terms;
  }

  // Where both must hold, either one alone is a safe, wider answer: better the one that names
  // hosts, then the smaller.
  static Terms narrower(Terms a, const Terms& b) {
    auto names_hosts = [](const Terms& terms) {
      return std::ranges::none_of(terms,
                                  [](const IndexTerm& t) { return t.host_key == HostKey::any; });
    };
    bool takes_b = names_hosts(a) == names_hosts(b) ? b.size() < a.size() : names_hosts(b);
    if (takes_b) a = b;
    for (IndexTerm& term : a) term.is_decisive = false;
    return a;
  }

  bool spend(size_t work) {
    if (work > work_left_) return false;
    work_left_ -= work;
    return true;
  }

  std::span<const IndexHint* const> hints_;
  size_t next_call_ = 0;
  size_t work_left_ = kMaxWork;
};

}  // namespace

std::vector<IndexTerm> index_terms(const RuleNode& tree, std::span<const IndexHint* const> hints) {
  Terms terms = Builder(hints).build(tree, false);
  simplify(terms);
  for (IndexTerm& term : terms) {
    if (term.host_key != HostKey::any) term.host_hash = hash_host(term.host);
  }
  return terms;
}

}  // namespace fairlead::routing
