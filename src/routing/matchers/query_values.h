// The parameters of a query, decoded as Go's url.ParseQuery does: pairs apart at & (and ;), "+" is
// a blank, a pair with a broken %XX is skipped. Shared by Query and QueryRegexp. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"

namespace fairlead::routing::matchers {

// Whether the escaped text stands for exactly `plain`. False when an escape is broken.
bool decodes_to(std::string_view escaped, std::string_view plain);

// The decoded text, in the arena unless nothing had to be decoded; nothing when an escape is
// broken.
std::optional<std::string_view> decode_query(std::string_view escaped, Arena& arena);

// Whether claim(escaped value) holds for any parameter named `key` (decoded).
template <class Claim>
bool any_query_value(std::string_view query, std::string_view key, Claim claim) {
  while (!query.empty()) {
    size_t end = query.find_first_of("&;");
    std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (decodes_to(pair.substr(0, equals), key) && claim(value)) return true;
  }
  return false;
}

}  // namespace fairlead::routing::matchers
