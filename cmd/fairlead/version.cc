// `fairlead version`.
#include "base/version.h"

#include <cstdio>

#include "cmd/fairlead/commands.h"

namespace fairlead::command {

std::string version_text() {
  const Version& v = fairlead::version();
  std::string out;
  auto line = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += std::string(name) + ":" + std::string(13 - name.size(), ' ') + std::string(value) + "\n";
  };
  line("Version", v.number);
  line("Codename", v.codename);
  line("Commit", v.commit);
  line("Built", v.built);
  line("OS/Arch", v.os_arch);
  return out;
}

int version_command(const LoadedOptions&) {
  std::fputs(version_text().c_str(), stdout);
  return 0;
}

}  // namespace fairlead::command
