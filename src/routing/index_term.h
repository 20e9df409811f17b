// What an index may know of a rule: a set of terms, each a host key and a path key, such that the
// rule can hold only where one of the terms holds. Values; the texts are views into the rule that
// owns the term.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "routing/matchers/matcher_type.h"
#include "routing/rule_parser.h"

namespace fairlead::routing {

enum class HostKey : uint8_t { any, exact, wildcard };
enum class PathKey : uint8_t { any, exact, prefix };

struct IndexTerm {
  HostKey host_key = HostKey::any;
  PathKey path_key = PathKey::any;
  // The rule holds wherever this term holds: nothing else needs to be asked.
  bool is_decisive = false;
  std::string_view host;  // lower case; ".example.com" for a wildcard
  std::string_view path;
  uint64_t host_hash = 0;  // hash_host(host), unless any
};

// The part of a host that a wildcard key is compared with: ".example.com" of "www.example.com";
// empty when there is none.
inline std::string_view wildcard_suffix(std::string_view host) {
  size_t dot = host.find('.');
  return dot == 0 || dot == std::string_view::npos ? std::string_view() : host.substr(dot);
}

// The terms of a tree whose calls, from left to right, carry these hints. Bounded: a rule that
// would need too many terms gets wider ones, in the end the term that holds everywhere. No terms at
// all: the rule never holds.
std::vector<IndexTerm> index_terms(const RuleNode& tree, std::span<const IndexHint* const> hints);

}  // namespace fairlead::routing
