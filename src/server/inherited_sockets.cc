#include "server/inherited_sockets.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

constexpr int kFirstSystemdFd = 3;  // SD_LISTEN_FDS_START
constexpr int kMostFds = 4096;

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(':', at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

int type_of(int fd) {
  int type = 0;
  socklen_t bytes = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 ? type : -1;
}

}  // namespace

io::Address bound_address(int fd) {
  alignas(8) char raw[sizeof(sockaddr_storage)] = {};
  auto* name = reinterpret_cast<sockaddr*>(raw);
  socklen_t bytes = sizeof raw;
  if (::getsockname(fd, name, &bytes) != 0) return {};
  if (name->sa_family != AF_UNIX) return io::Address::from(name, bytes);
  const char* path = reinterpret_cast<sockaddr_un*>(raw)->sun_path;
  Result<io::Address> address = io::Address::unix_path(path);
  return address ? *address : io::Address{};
}

InheritedSockets::InheritedSockets(InheritedSockets&& other) noexcept
    : sockets_(std::exchange(other.sockets_, {})), ready_fd_(std::exchange(other.ready_fd_, -1)) {}

InheritedSockets::~InheritedSockets() {
  close_rest();
  if (ready_fd_ >= 0) ::close(ready_fd_);
}

void InheritedSockets::close_rest() {
  for (const Socket& socket : std::exchange(sockets_, {})) ::close(socket.fd);
}

void InheritedSockets::add(int fd, std::string name) {
  if (type_of(fd) < 0) return;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  sockets_.push_back({fd, std::move(name)});
}

InheritedSockets InheritedSockets::from_environment() {
  InheritedSockets out;
  std::optional<int> owner = number(take_variable("LISTEN_PID"));
  std::optional<int> count = number(take_variable("LISTEN_FDS"));
  std::vector<std::string> names = split(take_variable("LISTEN_FDNAMES"));
  bool is_ours = owner && *owner == ::getpid() && count && *count <= kMostFds;
  for (int i = 0; is_ours && i < *count; ++i) {
    size_t at = static_cast<size_t>(i);
    out.add(kFirstSystemdFd + i, at < names.size() ? names[at] : "");
  }
  std::vector<std::string> words = split(take_variable(kSuccessionVariable));
  std::optional<int> ready = number(words.front());
  if (!ready || ::fcntl(*ready, F_SETFD, FD_CLOEXEC) != 0) return out;
  out.ready_fd_ = *ready;
  for (size_t i = 1; i + 1 < words.size(); i += 2) {
    if (auto fd = number(words[i])) out.add(*fd, words[i + 1]);
  }
  return out;
}

std::string succession_text(int ready_fd, const std::vector<HandedSocket>& sockets) {
  std::string text = std::to_string(ready_fd);
  for (const HandedSocket& socket : sockets)
    text += ':' + std::to_string(socket.fd) + ':' + socket.name;
  return text;
}

template <class Wanted>
std::vector<int> InheritedSockets::take(Wanted wanted) {
  std::vector<int> fds;
  std::erase_if(sockets_, [&](const Socket& socket) {
    if (!wanted(socket)) return false;
    fds.push_back(socket.fd);
    return true;
  });
  return fds;
}

std::vector<int> InheritedSockets::take_named(const std::string& name, int type) {
  return take([&](const Socket& socket) {
    return !name.empty() && socket.name == name && type_of(socket.fd) == type;
  });
}

std::vector<int> InheritedSockets::take_bound(const io::Address& address, int type) {
  return take([&](const Socket& socket) {
    return socket.name.empty() && type_of(socket.fd) == type && bound_address(socket.fd) == address;
  });
}

std::vector<std::string> InheritedSockets::stray_names() const {
  std::vector<std::string> names;
  for (const Socket& socket : sockets_) {
    if (!socket.name.empty()) names.push_back(socket.name);
  }
  return names;
}

void InheritedSockets::tell_ready() {
  if (ready_fd_ < 0) return;
  (void)!::write(ready_fd_, "+", 1);
  ::close(std::exchange(ready_fd_, -1));
}

}  // namespace fairlead::server
