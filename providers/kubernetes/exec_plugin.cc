#include "providers/kubernetes/exec_plugin.h"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/work.h"
#include "providers/kubernetes/json_view.h"

extern char** environ;

namespace fairlead::providers::kubernetes {

namespace {

constexpr size_t kMaxOutput = 1u << 20;
constexpr int kPatienceMs = 60'000;
// A credential is renewed before the server stops taking it.
constexpr std::chrono::seconds kMargin{30};

std::string exec_info(const ExecPlugin& plugin, const Access& access) {
  Json spec{{"interactive", false}};
  if (plugin.provides_cluster_info) {
    spec["cluster"] = {{"server", access.server},
                       {"insecure-skip-tls-verify", access.tls.skips_verification}};
  }
  Json info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}};
  return info.dump();
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct Run {
  std::string output;
  std::string fault;
};

// Reads until the end, not longer than the patience.
void read_output(int fd, pid_t pid, Run& run) {
  char bytes[4096];
  while (true) {
    pollfd one{fd, POLLIN, 0};
    int ready = ::poll(&one, 1, kPatienceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || run.output.size() > kMaxOutput) {
      run.fault = ready == 0 ? "did not answer within 60 s" : "answered more than 1 MiB";
      ::kill(pid, SIGKILL);
      return;
    }
    ssize_t got = ::read(fd, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    run.output.append(bytes, static_cast<size_t>(got));
  }
}

void run_command(const ExecPlugin& plugin, const std::string& info, Run& run) {
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<std::string> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) variables.emplace_back(*at);
  for (const auto& [name, text] : plugin.environment) variables.push_back(name + "=" + text);
  variables.push_back("KUBERNETES_EXEC_INFO=" + info);
  std::vector<char*> argv = pointers(words), envp = pointers(variables);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    run.fault = std::strerror(errno);
    return;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = 0;
  int error =
      ::posix_spawnp(&pid, plugin.command.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    run.fault = std::strerror(error);
  } else {
    read_output(ends[0], pid, run);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (run.fault.empty() && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
      run.fault = "failed with status " + std::to_string(WEXITSTATUS(status));
    }
  }
  ::close(ends[0]);
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::time_t seconds = ::timegm(&parts);
  while (*rest == '.' || (*rest >= '0' && *rest <= '9')) ++rest;
  if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0;
    if (std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2) return std::nullopt;
    int offset = (hours * 60 + minutes) * 60;
    seconds += *rest == '+' ? -offset : offset;
  } else if (*rest != 'Z' && *rest != '\0') {
    return std::nullopt;
  }
  return std::chrono::system_clock::from_time_t(seconds);
}

std::expected<ExecCredential, std::string> parse_exec_credential(std::string_view output) {
  Json answer = parse_json_text(output);
  const Json& status = member(answer, "status");
  ExecCredential credential;
  credential.token = text(status, "token");
  credential.certificate = text(status, "clientCertificateData");
  credential.key = text(status, "clientKeyData");
  if (credential.token.empty() && credential.certificate.empty()) {
    return std::unexpected("answered neither a token nor a client certificate");
  }
  std::string expiry = text(status, "expirationTimestamp");
  if (expiry.empty()) return credential;
  auto when = parse_time(expiry);
  if (!when) return std::unexpected("answered an expirationTimestamp that is no time: " + expiry);
  credential.valid_until = *when - kMargin;
  return credential;
}

io::Task<std::expected<ExecCredential, std::string>> run_exec_plugin(ExecPlugin plugin,
                                                                     const Access& access) {
  std::string info = exec_info(plugin, access);
  Run run;
  std::function<void()> job = [&plugin, &info, &run] { run_command(plugin, info, run); };
  co_await io::run_on_pool(std::move(job));
  std::string where = "the credential plugin " + plugin.command + " ";
  if (!run.fault.empty()) {
    std::string advice = plugin.install_hint.empty() ? "" : " (" + plugin.install_hint + ")";
    co_return std::unexpected(where + run.fault + advice);
  }
  auto credential = parse_exec_credential(run.output);
  if (!credential) co_return std::unexpected(where + credential.error());
  co_return credential;
}

}  // namespace fairlead::providers::kubernetes
