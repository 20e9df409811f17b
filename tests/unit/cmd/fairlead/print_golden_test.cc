#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "cmd/fairlead/commands.h"

using namespace fairlead::command;

namespace {

constexpr const char* kLine = "----------\n";

// Words that begin with "--" are flags, the others variables.
LoadedOptions load(const std::string& input) {
  Surroundings around;
  std::istringstream lines(input);
  for (std::string line; std::getline(lines, line);) {
    size_t equals = line.find('=');
    if (line.starts_with("--")) {
      around.arguments.push_back(line);
    } else {
      around.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  around.read_file = [](const std::string&) { return std::unexpected(ENOENT); };
  return load_options(std::move(around));
}

}  // namespace

TEST_CASE("print_shows_every_option_with_its_source") {
  std::string path = std::string(FAIRLEAD_GOLDEN_DIR) + "/print/layers.txt";
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  size_t line = text.find(kLine);
  REQUIRE(line != std::string::npos);
  LoadedOptions options = load(text.substr(0, line));
  CHECK(options.diagnostics.empty());
  std::string shown = effective_configuration(options);
  if (std::getenv("FAIRLEAD_GOLDEN_WRITE")) {
    std::ofstream(path) << text.substr(0, line) << kLine << shown;
    return;
  }
  CHECK(text.substr(line + std::string(kLine).size()) == shown);
}
