#include "server/service_manager.h"

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

int64_t number_in(const char* name) {
  const char* text = std::getenv(name);
  std::string_view digits = text != nullptr ? text : "";
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size() ? value : 0;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  const char* socket = std::getenv("NOTIFY_SOCKET");
  // A path, or a name of the abstract namespace.
  if (socket != nullptr && (socket[0] == '/' || socket[0] == '@')) manager.socket_ = socket;
  int64_t owner = number_in("WATCHDOG_PID");
  if (owner == 0 || owner == ::getpid())
    manager.watchdog_ = io::Duration(number_in("WATCHDOG_USEC") / 1000);
  return manager;
}

void ServiceManager::say(const std::string& state) const {
  sockaddr_un name{};
  if (socket_.empty() || socket_.size() >= sizeof name.sun_path) return;
  name.sun_family = AF_UNIX;
  socket_.copy(name.sun_path, socket_.size());
  if (socket_.front() == '@') name.sun_path[0] = '\0';
  auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  (void)!::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&name),
                  bytes);
  ::close(fd);
}

void ServiceManager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  say("RELOADING=1\nMONOTONIC_USEC=" +
      std::to_string(int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceManager::hand_over_to(pid_t pid) const {
  say("READY=1\nMAINPID=" + std::to_string(pid) + "\nSTATUS=serving");
}

io::Task<void> ServiceManager::keep_alive(io::Scope& scope) const {
  if (watchdog_ <= io::Duration{1}) co_return;
  for (;;) {
    say("WATCHDOG=1");
    Result<void> slept = co_await io::sleep_for(watchdog_ / 2, &scope);
    if (!slept) co_return;
  }
}

}  // namespace fairlead::server
