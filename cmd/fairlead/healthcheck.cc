// Asks a running Fairlead on this machine for /ping, with nothing but a socket: fit for a
// container's health check.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/fairlead/commands.h"

namespace fairlead::command {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};  // Traefik's

struct Answer {
  int status = 0;   // 0: none
  std::string why;  // no answer
};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Waits for `events`; false when the time is over.
bool wait_for(int fd, short events, Clock::time_point until) {
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd entry{fd, events, 0};
    int ready = ::poll(&entry, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// 0, or errno.
int connect_until(int fd, const addrinfo& to, Clock::time_point until) {
  if (::connect(fd, to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(fd, POLLOUT, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// The status of "HTTP/1.1 200 OK", or 0.
int status_of(std::string_view head) {
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || head[8] != ' ') return 0;
  return static_cast<int>(config::parse_integer(head.substr(9, 3)).value_or(0));
}

Answer converse(int fd, const std::string& host, Clock::time_point until) {
  std::string request = "HEAD /ping HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    return {0, std::strerror(errno)};
  std::string head;
  while (head.size() < 12) {
    if (!wait_for(fd, POLLIN, until)) return {0, "no answer within 5 seconds"};
    char part[512];
    ssize_t got = ::recv(fd, part, sizeof part, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return {0, std::strerror(errno)};
    if (got == 0) return {0, "the connection was closed without an answer"};
    head.append(part, static_cast<size_t>(got));
  }
  int status = status_of(head);
  return {status, status == 0 ? "the answer is not HTTP" : ""};
}

Answer ask(const config::ListenAddress& listen) {
  bool is_any = listen.host.empty() || listen.host == "0.0.0.0";
  std::string host = is_any ? "127.0.0.1" : listen.host == "::" ? "::1" : listen.host;
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  int fault = ::getaddrinfo(host.c_str(), std::to_string(listen.port).c_str(), &hints, &found);
  if (fault != 0) return {0, ::gai_strerror(fault)};
  auto until = Clock::now() + kPatience;
  Answer answer{0, "no address"};
  for (addrinfo* to = found; to && answer.status == 0; to = to->ai_next) {
    Socket socket(::socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = socket.fd() < 0 ? errno : connect_until(socket.fd(), *to, until);
    answer = error != 0 ? Answer{0, std::strerror(error)} : converse(socket.fd(), host, until);
  }
  ::freeaddrinfo(found);
  return answer;
}

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
  Answer answer = ask(found->second.listen);
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
