// tests/golden/rules/*.txt. Input: lines "rule …" or "v2 …", each followed by requests it is asked
// about
// ("GET host /path?query Name=value … from 10.0.0.1"). Expected: the canonical rule or the error,
// then yes or no.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "routing/router.h"
#include "tests/unit/routing/request_fixture.h"

namespace fairlead::routing {

namespace {

constexpr std::string_view kSeparator = "----------\n";

RequestText read_request(const std::string& line) {
  std::istringstream words(line);
  RequestText request;
  words >> request.method >> request.host >> request.path;
  if (request.host == "-") request.host.clear();
  if (size_t mark = request.path.find('?'); mark != std::string::npos) {
    request.query = request.path.substr(mark + 1);
    request.path.resize(mark);
  }
  for (std::string word; words >> word;) {
    size_t equals = word.find('=');
    if (word == "from") {
      words >> request.peer;
    } else {
      request.headers.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return request;
}

std::string answer(const std::string& input) {
  std::istringstream lines(input);
  std::shared_ptr<const CompiledRule> rule;
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    bool is_v2 = line.starts_with("v2 ");
    if (!is_v2 && !line.starts_with("rule ")) {
      if (!rule || line.empty()) continue;
      RequestFixture request(read_request(line));
      out += (holds(*rule, request.context()) ? "  yes  " : "  no   ") + line + "\n";
      continue;
    }
    std::string text = line.substr(line.find(' ') + 1);
    auto compiled = is_v2 ? compile_rule_v2(text) : compile_rule(text);
    rule = compiled ? *compiled : nullptr;
    out += line + "\n";
    out += rule ? "= " + text_of(*rule)
                : std::to_string(compiled.error().position) + ": " + compiled.error().message;
    out += "\n";
  }
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("rules_parse_and_match_as_in_the_golden_files") {
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(FAIRLEAD_GOLDEN_DIR "/rules")) {
    CAPTURE(file.path().filename().string());
    std::string text = read_file(file.path());
    std::string input = text.substr(0, text.find(kSeparator));
    std::string expected =
        input.size() < text.size() ? text.substr(input.size() + kSeparator.size()) : "";
    std::string got = answer(input);
    if (std::getenv("FAIRLEAD_GOLDEN_WRITE")) {
      std::ofstream(file.path(), std::ios::binary) << input << kSeparator << got;
    } else {
      CHECK(got == expected);
    }
    ++files;
  }
  CHECK(files >= 10);
}

}  // namespace fairlead::routing
