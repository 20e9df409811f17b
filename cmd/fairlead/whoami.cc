// A small HTTP/1 server that answers with what it was asked, for demos and tests: one thread a
// connection, their number bounded, blocking calls. It is no part of the proxy and shares none of
// its code.
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <optional>
#include <semaphore>
#include <thread>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/fairlead/commands.h"
#include "cmd/fairlead/whoami_reply.h"

namespace fairlead::command {
namespace {

constexpr int kMostConnections = 512;
constexpr size_t kMostHeadBytes = 64 * 1024;
constexpr timeval kSilence{60, 0};  // a connection ends after so long without a byte

struct Settings {
  config::ListenAddress listen{"", 80, false};
  WhoamiHost host;
};

// Reads from one connection, keeping what came behind a head.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}

  // Up to and with the empty line; nothing at the end of the connection or when it is too long.
  std::optional<std::string> head() {
    for (;;) {
      size_t end = buffer_.find("\r\n\r\n");
      if (end != buffer_.npos) return take(end + 4);
      if (buffer_.size() > kMostHeadBytes || !fill()) return std::nullopt;
    }
  }
  std::optional<std::string> line() {
    for (;;) {
      size_t end = buffer_.find("\r\n");
      if (end != buffer_.npos) return take(end + 2).substr(0, end);
      if (buffer_.size() > kMostHeadBytes || !fill()) return std::nullopt;
    }
  }
  bool skip(int64_t bytes) {
    while (bytes > 0) {
      if (buffer_.empty() && !fill()) return false;
      auto part = std::min<int64_t>(bytes, static_cast<int64_t>(buffer_.size()));
      buffer_.erase(0, static_cast<size_t>(part));
      bytes -= part;
    }
    return true;
  }
  bool send(std::string_view text) {
    while (!text.empty()) {
      ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

 private:
  std::string take(size_t bytes) {
    std::string out = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return out;
  }
  bool fill() {
    char part[16 * 1024];
    ssize_t got = 0;
    do got = ::recv(fd_, part, sizeof part, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    buffer_.append(part, static_cast<size_t>(got));
    return true;
  }

  int fd_;
  std::string buffer_;
};

bool skip_chunks(Wire& wire) {
  for (;;) {
    auto line = wire.line();
    if (!line) return false;
    int64_t size = 0;
    auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), size, 16);
    if (error != std::errc{} || size < 0) return false;
    if (size > 0 && !(wire.skip(size) && wire.line())) return false;
    if (size > 0) continue;
    do line = wire.line();  // trailers
    while (line && !line->empty());
    return line.has_value();
  }
}

bool skip_body(Wire& wire, const WhoamiRequest& request) {
  bool has_body = request.is_chunked || request.content_length > 0;
  if (has_body && request.header("Expect") == "100-continue") {
    if (!wire.send("HTTP/1.1 100 Continue\r\n\r\n")) return false;
  }
  return request.is_chunked ? skip_chunks(wire) : wire.skip(request.content_length);
}

bool send_filler(Wire& wire, int64_t bytes) {
  static const std::string kPart(64 * 1024, 'x');
  while (bytes > 0) {
    auto part = std::min<int64_t>(bytes, static_cast<int64_t>(kPart.size()));
    if (!wire.send(std::string_view(kPart).substr(0, static_cast<size_t>(part)))) return false;
    bytes -= part;
  }
  return true;
}

void serve_connection(int fd, const std::string& peer, const WhoamiHost& host,
                      std::atomic<int>& health) {
  Wire wire(fd);
  for (bool keeps_alive = true; keeps_alive;) {
    auto head = wire.head();
    WhoamiRequest request;
    request.peer = peer;
    if (!head) return;
    if (!parse_whoami_head(*head, request)) {
      wire.send(whoami_head({400, "text/plain", ""}, false));
      return;
    }
    if (!skip_body(wire, request)) return;
    int status = health.load();
    WhoamiReply reply = whoami_reply(request, host, status);
    health.store(status);
    std::this_thread::sleep_for(std::chrono::milliseconds(reply.wait_ms));
    keeps_alive = request.keeps_alive();
    if (!wire.send(whoami_head(reply, keeps_alive) +
                   (request.method == "HEAD" ? "" : reply.body))) {
      return;
    }
    if (request.method != "HEAD" && !send_filler(wire, reply.filler_bytes)) return;
  }
}

std::string text_of(const sockaddr* address, bool with_port) {
  char host[NI_MAXHOST], port[NI_MAXSERV];
  socklen_t size = address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  int fault = ::getnameinfo(address, size, host, sizeof host, port, sizeof port,
                            NI_NUMERICHOST | NI_NUMERICSERV);
  if (fault != 0) return "";
  std::string text = host;
  if (text.starts_with("::ffff:")) text.erase(0, 7);
  if (!with_port) return text.substr(0, text.find('%'));
  return (text.find(':') == text.npos ? text : "[" + text + "]") + ":" + port;
}

void describe_host(WhoamiHost& host) {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  host.hostname = name;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return;
  for (ifaddrs* at = all; at; at = at->ifa_next) {
    if (!at->ifa_addr) continue;
    int family = at->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    host.addresses.push_back(text_of(at->ifa_addr, false));
  }
  ::freeifaddrs(all);
}

// A listening socket, or what went wrong.
std::expected<int, std::string> listen_on(const config::ListenAddress& listen) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  std::string port = std::to_string(listen.port);
  const char* host = listen.host.empty() ? nullptr : listen.host.c_str();
  int fault = ::getaddrinfo(host, port.c_str(), &hints, &found);
  if (fault != 0) return std::unexpected(::gai_strerror(fault));
  std::string why;
  int fd = -1;
  // Dual-stack first: a wildcard IPv6 socket takes IPv4 as well.
  for (int family : {AF_INET6, AF_INET}) {
    for (addrinfo* at = found; at && fd < 0; at = at->ai_next) {
      if (at->ai_family != family) continue;
      int candidate = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      int on = 1, off = 0;
      ::setsockopt(candidate, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      if (family == AF_INET6) ::setsockopt(candidate, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
      bool is_good = candidate >= 0 && ::bind(candidate, at->ai_addr, at->ai_addrlen) == 0 &&
                     ::listen(candidate, 1024) == 0;
      if (is_good) {
        fd = candidate;
      } else {
        why = std::strerror(errno);
        if (candidate >= 0) ::close(candidate);
      }
    }
  }
  ::freeaddrinfo(found);
  if (fd < 0) return std::unexpected(why);
  return fd;
}

[[noreturn]] void serve(int listener, const WhoamiHost& host) {
  static std::counting_semaphore<kMostConnections> free_places(kMostConnections);
  static std::atomic<int> health{200};
  for (;;) {
    free_places.acquire();
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    int fd = ::accept4(listener, address, &size, SOCK_CLOEXEC);
    if (fd < 0) {
      free_places.release();
      // Why: out of descriptors, accept fails at once and for a while.
      if (errno != EINTR && errno != ECONNABORTED) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      continue;
    }
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kSilence, sizeof kSilence);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSilence, sizeof kSilence);
    std::thread([fd, peer = text_of(address, true), &host] {
      serve_connection(fd, peer, host, health);
      ::close(fd);
      free_places.release();
    }).detach();
  }
}

// 0 to go on, or an exit code.
int read_settings(const std::vector<std::string>& words, Settings& out) {
  for (size_t i = 0; i < words.size(); ++i) {
    size_t equals = std::min(words[i].find('='), words[i].size());
    std::string key = words[i].substr(0, equals);
    bool is_inline = equals < words[i].size();
    if (!is_inline && i + 1 >= words.size()) {
      std::fprintf(stderr, "fairlead whoami: %s needs a value\n", key.c_str());
      return 2;
    }
    std::string value = is_inline ? words[i].substr(equals + 1) : words[++i];
    key.erase(0, key.starts_with("--") ? 2 : key.starts_with('-') ? 1 : 0);
    if (key == "name") {
      out.host.name = value;
      continue;
    }
    bool is_known = key == "port" || key == "address";
    auto listen = config::parse_listen_address(key == "port" ? ":" + value : value);
    if (!is_known || !listen) {
      std::string why = is_known
                            ? listen.error()
                            : "there is no option \"" + key + "\"; use --address, --port, --name";
      std::fprintf(stderr, "fairlead whoami: %s\n", why.c_str());
      return 2;
    }
    out.listen = *listen;
  }
  return 0;
}

}  // namespace

int whoami_command(const LoadedOptions& options) {
  Settings settings;
  if (int code = read_settings(options.arguments, settings); code != 0) return code;
  describe_host(settings.host);
  auto listener = listen_on(settings.listen);
  if (!listener) {
    std::fprintf(stderr, "fairlead whoami: cannot listen on %s: %s\n",
                 settings.listen.text().c_str(), listener.error().c_str());
    return 1;
  }
  // Why: as process 1 of a container, a signal without a handler would be ignored.
  for (int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { ::_exit(0); });
  serve(*listener, settings.host);
}

}  // namespace fairlead::command
