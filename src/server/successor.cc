#include "server/successor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace fairlead::server {
namespace {

constexpr int kFirstFd = 3;  // behind the standard ones

// What a child must not take for its own; what it is told comes instead.
constexpr std::string_view kNotInherited[] = {
    "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "WATCHDOG_PID=", "FAIRLEAD_SUCCESSION="};

std::vector<std::string> environment_for(const std::string& succession) {
  std::vector<std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    std::string_view one = *at;
    if (std::ranges::none_of(kNotInherited, [&](auto name) { return one.starts_with(name); }))
      variables.emplace_back(one);
  }
  variables.push_back(std::string(kSuccessionVariable) + '=' + succession);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// The child gets `fds` as 3, 4, …, and nothing else of ours. First out of the way, then into place:
// a place may be one that is still to be moved.
class FileActions {
 public:
  explicit FileActions(const std::vector<int>& fds) {
    ::posix_spawn_file_actions_init(&actions_);
    int count = static_cast<int>(fds.size());
    int aside = std::max(*std::ranges::max_element(fds), kFirstFd + count) + 1;
    for (int i = 0; i < count; ++i)
      ::posix_spawn_file_actions_adddup2(&actions_, fds[static_cast<size_t>(i)], aside + i);
    for (int i = 0; i < count; ++i)
      ::posix_spawn_file_actions_adddup2(&actions_, aside + i, kFirstFd + i);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstFd + count);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class PlainSignals {
 public:
  PlainSignals() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~PlainSignals() { ::posix_spawnattr_destroy(&attributes_); }
  PlainSignals(const PlainSignals&) = delete;
  PlainSignals& operator=(const PlainSignals&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

Program Program::own() {
  Program program;
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\0', at), text.size());
    program.words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  char path[4096];
  ssize_t bytes = ::readlink("/proc/self/exe", path, sizeof path);
  if (bytes > 0) program.path.assign(path, static_cast<size_t>(bytes));
  return program;
}

std::expected<std::unique_ptr<Successor>, std::string> Successor::start(
    const Program& program, const std::vector<HandedSocket>& sockets) {
  int pipe[2];
  if (program.words.empty()) return std::unexpected("/proc does not say how this one was started");
  if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    return std::unexpected(std::string("no pipe: ") + std::strerror(errno));
  std::vector<int> fds{pipe[1]};
  std::vector<HandedSocket> renumbered = sockets;
  for (HandedSocket& socket : renumbered) {
    fds.push_back(socket.fd);
    socket.fd = kFirstFd + static_cast<int>(fds.size()) - 1;
  }
  std::vector<std::string> words = program.words;
  std::vector<std::string> variables = environment_for(succession_text(kFirstFd, renumbered));
  FileActions actions(fds);
  PlainSignals signals;
  pid_t pid = -1;
  int error = ::posix_spawnp(&pid, words.front().c_str(), actions.get(), signals.get(),
                             pointers(words).data(), pointers(variables).data());
  if (error == ENOENT && !program.path.empty()) {
    error = ::posix_spawn(&pid, program.path.c_str(), actions.get(), signals.get(),
                          pointers(words).data(), pointers(variables).data());
  }
  ::close(pipe[1]);
  if (error != 0) {
    ::close(pipe[0]);
    return std::unexpected("cannot start " + words.front() + ": " + std::strerror(error));
  }
  return std::unique_ptr<Successor>(new Successor(pid, pipe[0]));
}

Successor::Successor(pid_t pid, int ready_fd)
    : pid_(pid), ready_fd_(ready_fd), watch_(ready_fd, &Successor::on_event, this) {}

Successor::~Successor() {
  watch_.close();
  ::close(ready_fd_);
  if (is_ready_) return;
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Successor::on_event(void* self, io::FdWatch::Events) {
  auto& successor = *static_cast<Successor*>(self);
  char word;
  ssize_t got = ::read(successor.ready_fd_, &word, 1);
  if (got < 0 && errno == EAGAIN) return;
  successor.is_ready_ = got == 1;
  successor.watch_.want(false, false);
  successor.told_.set();
}

std::string Successor::how_it_ended() {
  int status = 0;
  pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended != pid_) return "it closed its pipe without a word";
  pid_ = -1;
  if (WIFSIGNALED(status)) return "it ended by signal " + std::to_string(WTERMSIG(status));
  return "it ended with code " + std::to_string(WEXITSTATUS(status)) + "; its log says why";
}

io::Task<std::expected<void, std::string>> Successor::ready(io::Duration limit, io::Scope* scope) {
  watch_.want(true, false);
  Result<void> told = co_await told_.wait(scope, {limit, Code::drain_timeout});
  if (is_ready_) co_return std::expected<void, std::string>{};
  if (!told) {
    co_return std::unexpected("it was not ready within " + std::to_string(limit.count() / 1000) +
                              " s");
  }
  // The pipe closes a moment before the process can be asked for its exit code.
  for (int i = 0; i < 20; ++i) {
    siginfo_t info{};
    bool has_ended =
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid_;
    if (has_ended) break;
    (void)co_await io::sleep_for(io::Duration{10}, scope);
  }
  co_return std::unexpected(how_it_ended());
}

}  // namespace fairlead::server
