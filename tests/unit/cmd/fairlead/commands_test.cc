#include "cmd/fairlead/commands.h"

#include <doctest/doctest.h>

using namespace fairlead::command;

TEST_CASE("every_command_is_in_the_usage") {
  for (const Command& command : commands()) {
    CHECK(usage().find("\n  " + std::string(command.name) + " ") != std::string::npos);
    CHECK(find_command(command.name) == &command);
  }
  CHECK(find_command("serve") == nullptr);
}

TEST_CASE("every_line_of_help_fits_a_terminal") {
  std::string text = usage();
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    CHECK(end - at <= 100);
    at = end + 1;
  }
}

TEST_CASE("version_has_the_lines_of_traefik") {
  std::string text = version_text();
  for (const char* line :
       {"Version:      ", "Codename:     ", "Built:        ", "OS/Arch:      linux/"}) {
    CHECK(text.find(line) != std::string::npos);
  }
}
