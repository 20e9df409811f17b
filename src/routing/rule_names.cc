#include "routing/rule_names.h"

#include <algorithm>
#include <vector>

namespace fairlead::routing {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// Damerau-Levenshtein (two neighbours swapped count once), ASCII case ignored.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last), std::swap(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      char x = lower(a[i - 1]), y = lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (x == y ? 0 : 1)});
      bool is_swapped = i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y;
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

bool is_spelling_of(std::string_view written, std::string_view name) {
  if (written.size() != name.size() || written.empty()) return false;
  if (written == name) return true;
  bool is_lower = true, is_upper = true, is_title = true;
  for (size_t i = 0; i < name.size(); ++i) {
    is_lower = is_lower && written[i] == lower(name[i]);
    is_upper = is_upper && written[i] == upper(name[i]);
    is_title = is_title && written[i] == (i == 0 ? upper(name[i]) : lower(name[i]));
  }
  return is_lower || is_upper || is_title;
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr size_t kLongestName = 64;  // nothing longer is a misspelt matcher
  if (word.size() > kLongestName) return {};
  std::string_view best;
  size_t best_distance = ~size_t{0};
  for (std::string_view candidate : candidates) {
    size_t distance = edit_distance(word, candidate);
    size_t allowed = std::max<size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (distance <= allowed && distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), upper);
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace fairlead::routing
