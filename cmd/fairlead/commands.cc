#include "cmd/fairlead/commands.h"

#include <cstdio>

namespace fairlead::command {
namespace {

constexpr Command kCommands[] = {
    {"run", "", "serve (what happens without a command)", run_command},
    {"check", "[file...]", "list what is wrong with the configuration, or with dynamic files",
     check_command},
    {"print", "", "show the effective configuration and where each value came from", print_command},
    {"version", "", "show version, commit, time of build and platform", version_command, false},
    {"healthcheck", "", "ask /ping on its entry point; exit code 0 when it answers 200",
     healthcheck_command},
    {"explain", "[--api=[host]:port] [-X method] [-H 'Name: value'] [--json] URL",
     "ask a running Fairlead why a request goes where it goes", explain_command, false},
    {"whoami", "[--address=[host]:port] [--name=text]",
     "serve a small server that answers with what it was asked", whoami_command, false},
};

int refuse_word(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  std::string_view near = config::nearest(word, names);
  std::string advice =
      near.empty() ? "see fairlead --help" : "did you mean \"" + std::string(near) + "\"?";
  std::fprintf(stderr, "fairlead: unknown command \"%s\"; %s\n", word.c_str(), advice.c_str());
  return 2;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::string diagnostics_text(const config::Diagnostics& diagnostics) {
  std::string out;
  for (const config::Diagnostic& diagnostic : diagnostics) out += diagnostic.text() + "\n";
  return out;
}

int run_words(std::vector<std::string> words) {
  const Command* command = find_command("run");
  bool names_command = !words.empty() && !words[0].starts_with('-');
  if (names_command) {
    command = find_command(words[0]);
    if (!command) return refuse_word(words[0]);
    words.erase(words.begin());
  }
  LoadedOptions options;
  Surroundings around{std::move(words), process_environment(), read_file};
  if (command->reads_configuration) {
    options = load_options(std::move(around));
  } else {
    options.arguments = around.arguments;
    options.surroundings = std::move(around);
  }
  if (options.wants_help) {
    std::fputs(usage().c_str(), stdout);
    return 0;
  }
  return command->run(options);
}

}  // namespace fairlead::command
