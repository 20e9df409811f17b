// The subcommands of the binary. Each is one file; commands.cc is the table. A command returns the
// exit code.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/fairlead/options.h"

namespace fairlead::command {

struct Command {
  std::string_view name;
  std::string_view arguments;  // for the usage text
  std::string_view summary;
  int (*run)(const LoadedOptions& options);
  // false: its arguments are its own, and no configuration is read for it.
  bool reads_configuration = true;
};

std::span<const Command> commands();
const Command* find_command(std::string_view name);
std::string usage();

int run_command(const LoadedOptions& options);
int check_command(const LoadedOptions& options);
int print_command(const LoadedOptions& options);
int version_command(const LoadedOptions& options);
int healthcheck_command(const LoadedOptions& options);
int explain_command(const LoadedOptions& options);
int whoami_command(const LoadedOptions& options);

// Chooses and runs the command that `words` (without the program's name) ask for.
int run_words(std::vector<std::string> words);

// Every diagnostic on a line of its own.
std::string diagnostics_text(const config::Diagnostics& diagnostics);
// What `print` writes.
std::string effective_configuration(const LoadedOptions& options);
// What `version` writes.
std::string version_text();

}  // namespace fairlead::command
