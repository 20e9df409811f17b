// Golden files: an input, a line of ten dashes, what is expected of it. With
// FAIRLEAD_GOLDEN_WRITE=1 in the environment the expectation is written instead of compared, to be
// reviewed as a diff.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace fairlead::testing {

using Transform = std::function<std::string(const std::string& input)>;

inline void check_golden_file(const std::filesystem::path& path, const Transform& transform) {
  static const std::string kDivider = "\n----------\n";
  std::ifstream file(path, std::ios::binary);
  std::stringstream whole;
  whole << file.rdbuf();
  std::string text = whole.str();
  size_t divider = text.find(kDivider);
  std::string input = divider == std::string::npos ? text : text.substr(0, divider + 1);
  std::string actual = transform(input);
  if (std::getenv("FAIRLEAD_GOLDEN_WRITE") != nullptr) {
    std::ofstream(path, std::ios::binary) << input << kDivider.substr(1) << actual;
    return;
  }
  std::string expected = divider == std::string::npos ? "" : text.substr(divider + kDivider.size());
  INFO("golden file ", path.filename().string());
  CHECK(actual == expected);
}

// Every file of tests/golden/<folder>.
inline void check_golden_folder(const std::string& folder, const Transform& transform) {
  std::vector<std::filesystem::path> files;
  std::filesystem::path root = std::filesystem::path(FAIRLEAD_GOLDEN_DIR) / folder;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  for (const auto& file : files) check_golden_file(file, transform);
}

}  // namespace fairlead::testing
