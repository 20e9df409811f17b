#include "server/datagram_sockets.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/datagram_socket.h"

namespace fairlead::server {
namespace {

using PerWorker = std::vector<std::vector<Worker::Listening>>;

std::string cannot_listen(const UdpEntryPointOptions& entry, const io::Address& address,
                          int error) {
  std::string text = "entry point " + entry.name + ": cannot listen on " + address.text() +
                     "/udp: " + std::strerror(error);
  if (error == EADDRINUSE) {
    text += "; another process has this port (ss -lunp shows which), or set entryPoints." +
            entry.name + ".address";
  } else if (error == EACCES) {
    text += "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  }
  return text;
}

// With SO_REUSEPORT a second process could share the port unnoticed: a plain bind tells.
int check_port_is_free(const io::Address& address) {
  int fd = ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int error = ::bind(fd, address.raw(), address.raw_bytes()) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

void close_all(PerWorker& sockets) {
  for (auto& worker : sockets) {
    for (Worker::Listening& one : worker) ::close(one.fd);
  }
}

// A socket that systemd made is one queue, which all workers read from.
bool adopt(const UdpEntryPointOptions& entry, size_t index, InheritedSockets& inherited,
           PerWorker& sockets) {
  std::vector<int> given = inherited.take_named(entry.name, SOCK_DGRAM);
  for (int fd : given) {
    int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    // One worker reads it: answers to a client must not come from two.
    sockets.front().push_back({fd, index});
  }
  return !given.empty();
}

}  // namespace

std::expected<PerWorker, std::string> open_datagram_sockets(
    const std::vector<UdpEntryPointOptions>& entry_points, unsigned workers,
    InheritedSockets& inherited) {
  PerWorker sockets(workers);
  for (size_t e = 0; e < entry_points.size(); ++e) {
    const UdpEntryPointOptions& entry = entry_points[e];
    if (adopt(entry, e, inherited, sockets)) continue;
    for (const io::Address& address : entry.addresses) {
      bool is_shared = entry.reuses_port || inherited.is_succession();
      int error = is_shared ? 0 : check_port_is_free(address);
      for (unsigned i = 0; i < workers && error == 0; ++i) {
        Result<int> fd = io::open_datagram_listener(address, entry.addresses.size() > 1);
        error = fd ? 0 : fd.error().os;
        if (fd) sockets[i].push_back({*fd, e});
      }
      if (error == 0) continue;
      close_all(sockets);
      return std::unexpected(cannot_listen(entry, address, error));
    }
  }
  return sockets;
}

}  // namespace fairlead::server
