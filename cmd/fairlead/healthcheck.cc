// Asks a running Fairlead on this machine for /ping: fit for a container's health check.
#include <cstdio>

#include "cmd/fairlead/commands.h"
#include "cmd/fairlead/local_request.h"

namespace fairlead::command {
namespace {

// The words process 1 was started with when it is a Fairlead: a container's health check does not
// know its flags.
std::vector<std::string> words_of_first_process(const Surroundings& around) {
  auto text = around.read_file("/proc/1/cmdline");
  std::vector<std::string> words;
  if (!text) return words;
  for (size_t at = 0; at < text->size();) {
    size_t end = std::min(text->find('\0', at), text->size());
    words.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  bool is_fairlead = !words.empty() && words[0].substr(words[0].rfind('/') + 1) == "fairlead";
  if (!is_fairlead) return {};
  words.erase(words.begin());
  if (!words.empty() && words[0] == "run") words.erase(words.begin());
  return words;
}

int complain(const std::string& why) {
  std::fprintf(stderr, "fairlead healthcheck: %s\n", why.c_str());
  return 1;
}

int check(const config::StaticConfig& config) {
  if (!config.ping) return complain("ping is off; start Fairlead with --ping");
  auto found = config.entry_points.find(config.ping->entry_point);
  if (found == config.entry_points.end()) {
    return complain("there is no entry point \"" + config.ping->entry_point + "\"");
  }
  if (found->second.http.tls) {
    return complain("entry point \"" + found->first + "\" speaks TLS only; serve ping on another");
  }
  LocalAnswer answer = ask_local(found->second.listen, "HEAD", "/ping");
  std::string where = found->second.listen.text() + "/ping";
  if (answer.status == 0) return complain(where + ": " + answer.why);
  if (answer.status != 200) return complain(where + " answers " + std::to_string(answer.status));
  std::printf("OK: %s\n", where.c_str());
  return 0;
}

}  // namespace

int healthcheck_command(const LoadedOptions& options) {
  if (options.config.ping) return check(options.config);
  Surroundings around = options.surroundings;
  around.arguments = words_of_first_process(around);
  return check(around.arguments.empty() ? options.config : load_options(around).config);
}

}  // namespace fairlead::command
