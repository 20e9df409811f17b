// From a request to a route, for one entry point: exact hosts by hash, wildcard hosts by their
// suffix, then paths, then the predicates of the few candidates left, in order of priority. No scan
// over all routers. Built once, immutable, shared by all workers; finding a route allocates
// nothing.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/route.h"
#include "routing/predicate.h"
#include "routing/rule_parser.h"

namespace fairlead::routing {

// One router's rule, compiled on its own so that an unchanged rule is compiled once in its life.
class CompiledRule;
std::expected<std::shared_ptr<const CompiledRule>, RuleError> compile_rule(std::string_view rule);
// v2 syntax (deprecated): rewritten to a v3 tree.
std::expected<std::shared_ptr<const CompiledRule>, RuleError> compile_rule_v2(
    std::string_view rule);
// The exact hosts (Host) that the rule asks for, lower case: certificates and conflict checks need
// them.
std::vector<std::string> hosts_of(const CompiledRule& rule);
// The same with the wildcard ones among them, as ".example.com".
std::vector<std::string> host_patterns_of(const CompiledRule& rule);
// Whether one rule holds, and the first matcher that said no (empty when it holds): for
// explanations and tests.
bool holds(const CompiledRule& rule, const MatchContext& context);
std::string refused_by(const CompiledRule& rule, const MatchContext& context);
// The canonical v3 text.
std::string text_of(const CompiledRule& rule);

struct RouterEntry {
  std::shared_ptr<const CompiledRule> rule;
  std::shared_ptr<const pipeline::Route>
      route;         // its `priority` decides (0 already replaced by the rule's length)
  int tie_rank = 0;  // providers.precedence: lower wins among equal priorities, then name
};

class Router {
 public:
  explicit Router(std::vector<RouterEntry> entries);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // The route with the highest priority whose rule holds, or null.
  const pipeline::Route* match(const MatchContext& context) const;

  // Why: every candidate in the order it was asked, with the first matcher that said no. The last
  // one is the match, if there is one. Candidates are what the index left: rules for other hosts
  // and paths need not appear.
  struct Candidate {
    const pipeline::Route* route = nullptr;
    bool is_match = false;
    std::string refused_by;  // "Method(`POST`)"; empty for a match
  };
  std::vector<Candidate> explain(const MatchContext& context) const;

  size_t size() const;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace fairlead::routing
