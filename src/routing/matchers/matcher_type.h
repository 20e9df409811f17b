// What src/routing/matchers/<name>.cc exports: how a call in a rule becomes a predicate. list.inc
// names every matcher; registry.cc is the table.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "routing/predicate.h"

namespace fairlead::routing {

// What an index may use of a matcher: hosts and paths narrow the candidates before any predicate
// runs.
struct IndexHint {
  enum class Kind : uint8_t { none, exact_host, wildcard_host, any_host, exact_path, path_prefix };
  Kind kind = Kind::none;
  std::string key;  // lower-case host; ".example.com" for *.example.com; the path
};

struct Matcher {
  std::unique_ptr<const Predicate> predicate;
  IndexHint hint;
};

struct MatcherType {
  std::string_view name;  // "PathPrefix"
  unsigned min_arguments;
  unsigned max_arguments;
  // Or what is wrong with the arguments, for people.
  std::expected<Matcher, std::string> (*make)(std::span<const std::string> arguments);
  bool is_regexp = false;  // costs memory and time to make: a rule may hold only so many
};

// By exact, lower, UPPER or Title case of the whole name; null when unknown.
const MatcherType* find_matcher(std::string_view name);
std::span<const MatcherType* const> all_matchers();

}  // namespace fairlead::routing
