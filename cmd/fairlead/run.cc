// `fairlead run`, the default command: serves until it is told to stop.
#include <cstdio>

#include "cmd/fairlead/application.h"
#include "cmd/fairlead/commands.h"

namespace fairlead::command {

int run_command(const LoadedOptions& options) {
  bool has_errors = false;
  for (const config::Diagnostic& one : options.diagnostics) {
    has_errors = has_errors || one.severity == config::Severity::error;
  }
  std::fputs(diagnostics_text(options.diagnostics).c_str(), stderr);
  if (has_errors) {
    std::fputs(
        "fairlead: not started; `fairlead check` lists the same, `fairlead print` shows what was "
        "read\n",
        stderr);
    return 1;
  }
  Application application(options.config);
  return application.run();
}

}  // namespace fairlead::command
