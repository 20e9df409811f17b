#include "io/datagram_socket.h"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::io {
namespace {

std::unexpected<Error> datagram_failure(int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
      return fail(Code::would_block);
    case ECONNREFUSED:
      return fail(Code::refused, Side::upstream, Stage::connect, Retry::always, error);
    case EHOSTUNREACH:
    case ENETUNREACH:
      return fail(Code::unreachable, Side::upstream, Stage::connect, Retry::always, error);
    case EMFILE:
    case ENFILE:
      return fail(Code::limit_reached, Side::self, Stage::connect, Retry::never, error);
    default:
      return fail(Code::io, Side::self, Stage::none, Retry::never, error);
  }
}

union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(in6_pktinfo))];
};

bool is_link_local(const in6_addr& address) {
  return address.s6_addr[0] == 0xfe && (address.s6_addr[1] & 0xc0) == 0x80;
}

LocalAddress local_in(msghdr& message) {
  LocalAddress local;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::memcpy(local.ip, &info.ipi_spec_dst, 4);
      local.size = 4;
    }
    if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::memcpy(local.ip, &info.ipi6_addr, 16);
      local.size = 16;
      if (is_link_local(info.ipi6_addr)) local.interface = info.ipi6_ifindex;
    }
  }
  return local;
}

template <class Info>
void put(msghdr& message, Control& control, int level, int type, const Info& info) {
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
}

void put_local(msghdr& message, Control& control, const LocalAddress& from) {
  if (from.size == 4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, from.ip, 4);
    put(message, control, IPPROTO_IP, IP_PKTINFO, info);
  } else if (from.size == 16) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, from.ip, 16);
    info.ipi6_ifindex = from.interface;
    put(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

int open_socket(const Address& address) {
  return ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  0);
}

}  // namespace

DatagramSocket::DatagramSocket(int fd) : fd_(fd), watch_(fd, &DatagramSocket::on_event, this) {}

Result<DatagramSocket::Arrival> DatagramSocket::try_receive(std::span<char> into) {
  if (fd_ < 0) return fail(Code::closed);
  sockaddr_storage name{};
  iovec part{into.data(), into.size()};
  Control control{};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof name;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  for (;;) {
    ssize_t got = ::recvmsg(fd_, &message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return datagram_failure(errno);
    Arrival arrival{static_cast<size_t>(got), {}, local_in(message)};
    if (message.msg_namelen != 0)
      arrival.peer = Address::from(reinterpret_cast<sockaddr*>(&name), message.msg_namelen);
    return arrival;
  }
}

Result<void> DatagramSocket::try_send(std::span<const char> bytes) {
  if (fd_ < 0) return fail(Code::closed);
  for (;;) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return {};
    if (errno != EINTR) return datagram_failure(errno);
  }
}

Result<void> DatagramSocket::try_send_to(std::span<const char> bytes, const Address& to,
                                         const LocalAddress& from) {
  if (fd_ < 0) return fail(Code::closed);
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  Control control{};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.raw());
  message.msg_namelen = to.raw_bytes();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  put_local(message, control, from);
  for (;;) {
    if (::sendmsg(fd_, &message, MSG_NOSIGNAL) >= 0) return {};
    if (errno != EINTR) return datagram_failure(errno);
  }
}

Wait DatagramSocket::readable(Scope* scope, Timeout timeout) {
  watch_.want(true, false);
  return Wait(&waiter_, scope, timeout);
}

void DatagramSocket::close() {
  if (fd_ < 0) return;
  watch_.close();
  ::close(fd_);
  fd_ = -1;
  if (waiter_ != nullptr) waiter_->wake(Error{Code::closed});
}

void DatagramSocket::on_event(void* self, FdWatch::Events events) {
  auto& socket = *static_cast<DatagramSocket*>(self);
  if (socket.waiter_ != nullptr) {
    socket.waiter_->wake();
  } else if (!events.is_error) {
    socket.watch_.want(false, false);
  }
}

Result<int> open_datagram_listener(const Address& address, bool is_v6_only) {
  int fd = open_socket(address);
  if (fd < 0) return fail(Code::io, Side::self, Stage::accept, Retry::never, errno);
  set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.is_v6()) {
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_v6_only ? 1 : 0);
    set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else {
    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
  }
  if (::bind(fd, address.raw(), address.raw_bytes()) == 0) return fd;
  int error = errno;
  ::close(fd);
  return fail(Code::io, Side::self, Stage::accept, Retry::never, error);
}

Result<int> open_datagram_connection(const Address& to) {
  int fd = open_socket(to);
  if (fd < 0) return datagram_failure(errno);
  if (::connect(fd, to.raw(), to.raw_bytes()) == 0) return fd;
  int error = errno;
  ::close(fd);
  return datagram_failure(error);
}

}  // namespace fairlead::io
