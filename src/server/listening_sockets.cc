#include "server/listening_sockets.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/log.h"
#include "io/listener.h"

namespace fairlead::server {
namespace {

std::string cannot_listen(const EntryPointOptions& entry, const io::Address& address, int error) {
  std::string text = "entry point " + entry.name + ": cannot listen on " + address.text() + ": " +
                     std::strerror(error);
  if (error == EADDRINUSE && address.is_unix()) {
    text += "; another process listens there, or the path is no socket";
  } else if (error == EADDRINUSE) {
    text += "; another process has this port (ss -ltnp shows which), or set entryPoints." +
            entry.name + ".address";
  } else if (error == EACCES) {
    text += address.is_unix() ? "; its directory must be writable for this user"
                              : "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  } else if (error == EADDRNOTAVAIL) {
    text += "; no interface of this machine has the address (ip addr shows them)";
  }
  return text;
}

// With SO_REUSEPORT a second process could share the port unnoticed: a plain bind tells.
int check_port_is_free(const io::Address& address, bool is_v6_only) {
  if (address.is_unix()) return 0;
  int fd = ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int on = 1, only = is_v6_only ? 1 : 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.is_v6()) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  int error = ::bind(fd, address.raw(), address.raw_bytes()) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

bool is_any(const io::Address& address) {
  return std::ranges::all_of(address.ip_bytes(), [](char byte) { return byte == '\0'; });
}

// "[::]" takes IPv4 clients too, unless "0.0.0.0" of the same port has been asked for by itself.
bool is_v6_only(const io::Address& address, const std::vector<EntryPointOptions>& entry_points) {
  if (!address.is_v6() || !is_any(address)) return false;
  return std::ranges::any_of(entry_points, [&](const EntryPointOptions& entry) {
    return std::ranges::any_of(entry.addresses, [&](const io::Address& other) {
      bool is_v4 = !other.is_v6() && !other.is_unix();
      return is_v4 && is_any(other) && other.port() == address.port();
    });
  });
}

}  // namespace

std::expected<void, std::string> ListeningSockets::open(
    const std::vector<EntryPointOptions>& entry_points, unsigned workers,
    InheritedSockets& inherited) {
  for (size_t i = 0; i < entry_points.size(); ++i) {
    const EntryPointOptions& entry = entry_points[i];
    if (adopt_named(entry, i, inherited)) continue;
    if (entry.addresses.empty()) {
      return std::unexpected("entry point " + entry.name +
                             ": its address is a name that does not resolve; write an IP address "
                             "or [host]:port with an empty host");
    }
    for (const io::Address& address : entry.addresses) {
      auto opened =
          open_address(entry, i, address, is_v6_only(address, entry_points), workers, inherited);
      if (!opened) return opened;
    }
  }
  for (const std::string& name : inherited.stray_names()) {
    log::warn(
        "no entry point has the name of this socket of the service manager; it is closed. Set "
        "FileDescriptorName= to the name of an entry point",
        {{"name", name}});
  }
  return {};
}

bool ListeningSockets::adopt_named(const EntryPointOptions& entry, size_t index,
                                   InheritedSockets& inherited) {
  std::vector<int> fds = inherited.take_named(entry.name, SOCK_STREAM);
  for (size_t i = 0; i < fds.size(); ++i) {
    log::info("serves a socket that the service manager made",
              {{"entryPoint", entry.name}, {"address", bound_address(fds[i]).text()}});
    sockets_.push_back({fds[i], index, entry.name, true, i, ""});
  }
  return !fds.empty();
}

std::expected<void, std::string> ListeningSockets::open_address(const EntryPointOptions& entry,
                                                                size_t index,
                                                                const io::Address& address,
                                                                bool is_v6_only, unsigned workers,
                                                                InheritedSockets& inherited) {
  bool is_shared = address.is_unix();
  std::vector<int> fds = inherited.take_bound(address, SOCK_STREAM);
  int error = fds.empty() && !entry.reuses_port ? check_port_is_free(address, is_v6_only) : 0;
  if (error != 0) return std::unexpected(cannot_listen(entry, address, error));
  std::string path = is_shared ? address.path() : "";
  for (size_t i = 0; i < fds.size(); ++i)
    sockets_.push_back({fds[i], index, "", is_shared, i, path});
  // Of the sockets of a predecessor with more workers all stay in use: closing one would reset the
  // connections that wait in its queue.
  for (size_t i = fds.size(); i < (is_shared ? 1 : workers); ++i) {
    Result<int> fd =
        io::open_listener(address, {.is_v6_only = is_v6_only, .unix_mode = entry.unix_mode});
    if (!fd) return std::unexpected(cannot_listen(entry, address, fd.error().os));
    sockets_.push_back({*fd, index, "", is_shared, i, path});
  }
  return {};
}

std::vector<std::vector<Worker::Listening>> ListeningSockets::deal(unsigned workers) const {
  std::vector<std::vector<Worker::Listening>> dealt(workers);
  for (const Socket& socket : sockets_) {
    for (unsigned worker = 0; worker < workers; ++worker) {
      if (!socket.is_shared && socket.index % workers != worker) continue;
      int fd = ::fcntl(socket.fd, F_DUPFD_CLOEXEC, 0);
      if (fd >= 0) dealt[worker].push_back({fd, socket.entry_point});
    }
  }
  return dealt;
}

std::vector<HandedSocket> ListeningSockets::handed() const {
  std::vector<HandedSocket> all;
  for (const Socket& socket : sockets_) all.push_back({socket.fd, socket.name});
  return all;
}

void ListeningSockets::close(Files files) {
  for (const Socket& socket : std::exchange(sockets_, {})) {
    if (files == Files::remove && !socket.path.empty()) ::unlink(socket.path.c_str());
    ::close(socket.fd);
  }
}

}  // namespace fairlead::server
