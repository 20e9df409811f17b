// Lists as they stand in annotations. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::providers::kubernetes {

inline std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

// The words between the separators, without space around them; empty ones are left out.
inline std::vector<std::string> split_words(std::string_view text, char separator = ',') {
  std::vector<std::string> words;
  while (!text.empty()) {
    size_t end = std::min(text.find(separator), text.size());
    std::string word = trimmed(text.substr(0, end));
    if (!word.empty()) words.push_back(std::move(word));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace fairlead::providers::kubernetes
