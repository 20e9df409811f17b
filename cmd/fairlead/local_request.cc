#include "cmd/fairlead/local_request.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fairlead::command {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};  // Traefik's

struct Question {
  std::string method, target, fields;
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

// Everything until the other side closes; why it ended otherwise.
std::string read_all(int fd, Clock::time_point until, std::string& into) {
  for (;;) {
    if (!wait_for(fd, POLLIN, until)) return "no answer within 5 seconds";
    char part[16384];
    ssize_t got = ::recv(fd, part, sizeof part, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return std::strerror(errno);
    if (got == 0) return into.empty() ? "the connection was closed without an answer" : "";
    into.append(part, static_cast<size_t>(got));
  }
}

LocalAnswer converse(int fd, const std::string& host, const Question& question,
                     Clock::time_point until) {
  std::string request = question.method + " " + question.target + " HTTP/1.1\r\nHost: " + host +
                        "\r\n" + question.fields + "Connection: close\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    return {0, std::strerror(errno), ""};
  std::string text;
  std::string why = read_all(fd, until, text);
  if (!why.empty()) return {0, why, ""};
  int status = status_of(text);
  size_t end = text.find("\r\n\r\n");
  return {status, status == 0 ? "the answer is not HTTP" : "",
          end == text.npos ? "" : text.substr(end + 4)};
}

// The first of the addresses that answers.
LocalAnswer ask_each(const addrinfo* found, const std::string& host, const Question& question) {
  auto until = Clock::now() + kPatience;
  LocalAnswer answer{0, "no address", ""};
  for (const addrinfo* to = found; to && answer.status == 0; to = to->ai_next) {
    Socket socket(::socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = socket.fd() < 0 ? errno : connect_until(socket.fd(), *to, until);
    answer = error != 0 ? LocalAnswer{0, std::strerror(error), ""}
                        : converse(socket.fd(), host, question, until);
  }
  return answer;
}

LocalAnswer ask_path(const std::string& path, const Question& question) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  addrinfo only{};
  only.ai_family = AF_UNIX;
  only.ai_addr = reinterpret_cast<sockaddr*>(&name);
  only.ai_addrlen = sizeof name;
  return ask_each(&only, "localhost", question);
}

}  // namespace

LocalAnswer ask_local(const config::ListenAddress& listen, const std::string& method,
                      const std::string& target, const std::string& fields) {
  if (!listen.path.empty()) return ask_path(listen.path, {method, target, fields});
  bool is_any = listen.host.empty() || listen.host == "0.0.0.0";
  std::string host = is_any ? "127.0.0.1" : listen.host == "::" ? "::1" : listen.host;
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  int fault = ::getaddrinfo(host.c_str(), std::to_string(listen.port).c_str(), &hints, &found);
  if (fault != 0) return {0, ::gai_strerror(fault)};
  LocalAnswer answer = ask_each(found, host, {method, target, fields});
  ::freeaddrinfo(found);
  return answer;
}

}  // namespace fairlead::command
