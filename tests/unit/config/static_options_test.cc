#include "config/static_options.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "config/static_config.h"

using namespace fairlead::config;

namespace {

constexpr const char* kBegin = "<!-- options: begin -->\n";
constexpr const char* kEnd = "<!-- options: end -->\n";

std::string page_path() {
  return std::string(FAIRLEAD_GOLDEN_DIR) + "/../../docs/configuration.md";
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

// FAIRLEAD_GOLDEN_WRITE=1 writes the table of the page anew.
TEST_CASE("the_reference_page_lists_every_option") {
  std::string page = read(page_path());
  size_t begin = page.find(kBegin), end = page.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  begin += std::string(kBegin).size();
  if (std::getenv("FAIRLEAD_GOLDEN_WRITE")) {
    std::ofstream(page_path()) << page.substr(0, begin) << "\n"
                               << options_markdown() << "\n"
                               << page.substr(end);
    return;
  }
  CHECK(page.substr(begin, end - begin) == "\n" + options_markdown() + "\n");
}

TEST_CASE("every_option_has_a_meaning_and_a_unique_key") {
  auto check = [](auto& self, const Option& option) -> void {
    for (const Option& child : option.children) {
      CAPTURE(child.key);
      CHECK_FALSE(child.meaning.empty());
      size_t same = 0;
      for (const Option& other : option.children) same += other.key == child.key ? 1 : 0;
      CHECK(same == 1);
      self(self, child);
    }
  };
  check(check, static_options());
}

TEST_CASE("options_are_found_without_case") {
  const Option* web = static_options().child("ENTRYPOINTS")->child("whatever");
  REQUIRE(web);
  CHECK(web->child("Address")->kind == Option::Kind::text);
  CHECK(web->child("nothing") == nullptr);
  CHECK(static_options().child("ping")->is_switch());
  CHECK_FALSE(static_options().child("workers")->is_switch());
}
