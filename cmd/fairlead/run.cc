#include <cstdio>

#include "cmd/fairlead/commands.h"

namespace fairlead::command {

int run_command(const LoadedOptions& options) {
  std::fputs(diagnostics_text(options.diagnostics).c_str(), stderr);
  std::fputs("fairlead: this build cannot serve; it offers check, print, version and whoami\n",
             stderr);
  return 1;
}

}  // namespace fairlead::command
