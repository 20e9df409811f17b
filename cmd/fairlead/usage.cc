// `fairlead --help`: the commands and how options are written.
#include "cmd/fairlead/commands.h"

namespace fairlead::command {
namespace {

constexpr const char* kOptions = R"(
Options, the most used ones (all of them: docs/configuration.md):
  --configFile=FILE                        static configuration, YAML, TOML or JSON
  --entryPoints.NAME.address=[HOST]:PORT   where to listen; none: "http" on :80
  --providers.docker[=true]                routes from the labels of Docker containers
  --providers.docker.endpoint=URL          the engine (unix:///var/run/docker.sock)
  --providers.docker.exposedByDefault=BOOL route containers without traefik.enable (true)
  --providers.file.filename=FILE           routes from a file
  --providers.file.directory=FOLDER        routes from the files of a folder
  --api.insecure                           API on :8080, to anybody
  --ping                                   answer /ping
  --metrics.prometheus                     answer /metrics
  --accessLog                              one line a request
  --log.level=LEVEL                        TRACE DEBUG INFO WARN ERROR (INFO)
  --workers=N                              worker threads (0: one for each CPU)

Each option may also stand in a file or in the environment (FAIRLEAD_ or TRAEFIK_ and the keys in
upper case, joined by "_"). Flags win over the environment, and that over the file.
)";

}  // namespace

std::string usage() {
  constexpr size_t kColumn = 14;
  std::string out =
      "Fairlead, an edge router.\n\nUsage: fairlead [command] [--option=value...]\n\nCommands:\n";
  for (const Command& command : commands()) {
    std::string name(command.name);
    out +=
        "  " + name + std::string(kColumn - name.size(), ' ') + std::string(command.summary) + "\n";
    if (!command.arguments.empty()) {
      out += std::string(kColumn + 2, ' ') + name + " " + std::string(command.arguments) + "\n";
    }
  }
  return out + kOptions;
}

}  // namespace fairlead::command
