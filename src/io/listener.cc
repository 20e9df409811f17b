#include "io/listener.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/socket_stream.h"

namespace fairlead::io {
namespace {

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

// Left behind by a process that ended without a word.
bool is_abandoned(const sockaddr_un& name) {
  struct stat file{};
  if (::stat(name.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  bool is_refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
                    errno == ECONNREFUSED;
  ::close(probe);
  return is_refused;
}

int bind_path(int fd, const std::string& path, unsigned mode) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  if (is_abandoned(name)) ::unlink(name.sun_path);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) return -1;
  // Nobody can connect before listen().
  return ::chmod(name.sun_path, mode);
}

int bind_to(int fd, const Address& address, const ListenOptions& options) {
  if (address.is_unix()) return bind_path(fd, address.path(), options.unix_mode);
  return ::bind(fd, address.raw(), address.raw_bytes());
}

Address local_of(int fd) {
  sockaddr_storage name{};
  socklen_t bytes = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &bytes) != 0) return {};
  return Address::from(reinterpret_cast<sockaddr*>(&name), bytes);
}

}  // namespace

Result<int> open_listener(const Address& address, const ListenOptions& options) {
  int family = address.is_unix() ? AF_UNIX : (address.is_v6() ? AF_INET6 : AF_INET);
  int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(Code::io, Side::self, Stage::accept, Retry::never, errno);
  if (!address.is_unix()) {
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    // Accepted sockets inherit these: three system calls a connection saved.
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 180);  // Traefik's three minutes
  }
  if (address.is_v6()) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.is_v6_only ? 1 : 0);
  if (bind_to(fd, address, options) != 0 || ::listen(fd, options.backlog) != 0) {
    int error = errno;
    ::close(fd);
    return fail(Code::io, Side::self, Stage::accept, Retry::never, error);
  }
  return fd;
}

Listener::Listener(int fd) : fd_(fd), watch_(fd, &Listener::on_event, this), local_(local_of(fd)) {}
Listener::~Listener() { close(); }

Wait Listener::ready(Scope* scope) {
  watch_.want(true, false);
  return Wait(&waiter_, scope, kNoTimeout);
}

Result<StreamPtr> Listener::try_accept() {
  if (fd_ < 0) return fail(Code::closed);
  sockaddr_storage name{};
  socklen_t bytes = sizeof name;
  int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&name), &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return fail(Code::would_block);
    bool is_exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return fail(is_exhausted ? Code::limit_reached : Code::io, Side::self, Stage::accept,
                Retry::never, errno);
  }
  Address peer = Address::from(reinterpret_cast<sockaddr*>(&name), bytes);
  return StreamPtr(std::make_unique<SocketStream>(fd, std::move(peer), local_, true));
}

void Listener::close() {
  if (fd_ < 0) return;
  watch_.close();
  ::close(fd_);
  fd_ = -1;
  if (waiter_ != nullptr) waiter_->wake(Error{Code::closed});
}

void Listener::on_event(void* self, FdWatch::Events) {
  auto& listener = *static_cast<Listener*>(self);
  if (listener.waiter_ != nullptr) {
    listener.waiter_->wake();
  } else {
    listener.watch_.want(false, false);
  }
}

}  // namespace fairlead::io
