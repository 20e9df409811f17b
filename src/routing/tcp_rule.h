// The rule language of TCP routers: the grammar of HTTP rules with matchers of its own (HostSNI,
// HostSNIRegexp, ALPN, ClientIP), in both versions. A compiled rule is immutable and shared by
// snapshots and workers.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "routing/index_term.h"
#include "routing/rule_parser.h"
#include "routing/tcp_matchers/tcp_matcher_type.h"

namespace fairlead::routing {

class TcpRule {
 public:
  TcpRule(RuleNode tree, std::vector<TcpMatcher> leaves);
  TcpRule(const TcpRule&) = delete;
  TcpRule& operator=(const TcpRule&) = delete;

  bool holds(const TcpMatchContext& context) const;
  // The first matcher that said no; empty when the rule holds. For explanations and tests.
  std::string refused_by(const TcpMatchContext& context) const;
  std::span<const IndexTerm> terms() const { return terms_; }
  // HostSNI(`*`) and nothing else.
  bool is_catch_all() const;
  // It asks for server names, which only clients that speak TLS send.
  bool needs_tls() const;

 private:
  RuleNode tree_;
  std::vector<TcpMatcher> leaves_;  // the calls of the tree from left to right
  std::vector<IndexTerm> terms_;    // views into leaves_
};

using TcpRulePtr = std::shared_ptr<const TcpRule>;
// `syntax` is "v3" or "v2".
std::expected<TcpRulePtr, RuleError> compile_tcp_rule(std::string_view rule,
                                                      std::string_view syntax);

}  // namespace fairlead::routing
