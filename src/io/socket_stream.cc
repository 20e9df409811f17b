#include "io/socket_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fairlead::io {
namespace {

std::unexpected<Error> socket_failure(int error) {
  switch (error) {
    case EAGAIN:
      return fail(Code::would_block);
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
    case ETIMEDOUT:  // unacknowledged for too long
      return fail(Code::reset, Side::self, Stage::none, Retry::never, error);
    case ECONNREFUSED:
    case ENOENT:  // a Unix socket that is not there
      return fail(Code::refused, Side::upstream, Stage::connect, Retry::always, error);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
      return fail(Code::unreachable, Side::upstream, Stage::connect, Retry::always, error);
    default:
      return fail(Code::io, Side::self, Stage::none, Retry::never, error);
  }
}

}  // namespace

SocketStream::SocketStream(int fd, Address peer, Address local, bool may_have_data)
    : fd_(fd),
      may_read_(may_have_data),
      watch_(fd, &SocketStream::on_event, this),
      peer_(std::move(peer)),
      local_(std::move(local)) {}

SocketStream::~SocketStream() { close(); }

Result<size_t> SocketStream::try_read(std::span<char> into) {
  if (fd_ < 0) return fail(Code::closed);
  if (has_buffered_) [[unlikely]]
    return take_given_back(into);
  if (!may_read_) return fail(Code::would_block);
  for (;;) {
    ssize_t got = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) {
      // A short read drained the socket; polling is level-triggered, so what comes later is told.
      if (static_cast<size_t>(got) < into.size()) may_read_ = false;
      return static_cast<size_t>(got);
    }
    if (got == 0) return size_t{0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) may_read_ = false;
    return socket_failure(errno);
  }
}

Result<size_t> SocketStream::try_peek(std::span<char> into) {
  if (fd_ < 0) return fail(Code::closed);
  if (has_buffered_) {
    size_t size = std::min(into.size(), given_back_.size());
    std::memcpy(into.data(), given_back_.data(), size);
    return size;
  }
  for (;;) {
    ssize_t got = ::recv(fd_, into.data(), into.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EINTR) continue;
    if (errno == EAGAIN) may_read_ = false;
    return socket_failure(errno);
  }
}

Result<size_t> SocketStream::try_write(std::span<const iovec> from) {
  if (fd_ < 0) return fail(Code::closed);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());
  message.msg_iovlen = from.size();
  for (;;) {
    ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno == EINTR) continue;
    return socket_failure(errno);
  }
}

void SocketStream::give_back(std::string_view bytes) {
  given_back_.insert(0, bytes);
  has_buffered_ = !given_back_.empty();
}

size_t SocketStream::take_given_back(std::span<char> into) {
  size_t size = std::min(into.size(), given_back_.size());
  std::memcpy(into.data(), given_back_.data(), size);
  given_back_.erase(0, size);
  has_buffered_ = !given_back_.empty();
  if (!has_buffered_) given_back_ = {};
  may_read_ = true;
  return size;
}

Address SocketStream::exact_local() const {
  std::string_view ip = local_.ip_bytes();
  bool is_any = ip.find_first_not_of('\0') == ip.npos;
  sockaddr_storage name{};
  socklen_t bytes = sizeof name;
  if (!is_any || local_.is_unix() ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &bytes) != 0)
    return local_;
  return Address::from(reinterpret_cast<sockaddr*>(&name), bytes);
}

void SocketStream::set_keep_alive(Duration after) {
  int is_on = after >= Duration::zero() ? 1 : 0;
  ::setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &is_on, sizeof is_on);
  if (is_on == 0) return;
  int seconds = std::max(1, static_cast<int>(after.count() / 1000));
  ::setsockopt(fd_, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  ::setsockopt(fd_, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

void SocketStream::set_dead_peer_limit(Duration limit) {
  auto ms = static_cast<unsigned>(limit.count());
  ::setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

void SocketStream::shutdown_write() {
  if (fd_ >= 0 && !is_write_done_) ::shutdown(fd_, SHUT_WR);
  is_write_done_ = true;
}

void SocketStream::close() {
  if (fd_ < 0) return;
  watch_.close();
  ::close(fd_);
  fd_ = -1;
  Error closed{Code::closed};
  if (reader_ != nullptr) reader_->wake(closed);
  if (writer_ != nullptr) writer_->wake(closed);
}

void SocketStream::abort() {
  if (fd_ < 0) return;
  linger reset{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close();
}

Stream::PeerState SocketStream::peer_state() const {
  if (fd_ < 0) return PeerState::failed;
  char byte;
  ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return PeerState::open;
  if (got == 0) return PeerState::finished;
  return errno == EAGAIN || errno == EINTR ? PeerState::open : PeerState::failed;
}

int64_t SocketStream::unacknowledged() const {
  int bytes = 0;
  if (fd_ < 0 || ::ioctl(fd_, SIOCOUTQ, &bytes) != 0) return -1;
  return bytes;
}

void SocketStream::want_read() { watch_.want(true, watch_.wants_write()); }
void SocketStream::want_write() { watch_.want(watch_.wants_read(), true); }

void SocketStream::on_event(void* self, FdWatch::Events events) {
  auto& stream = *static_cast<SocketStream*>(self);
  if (events.is_writable) {
    if (!events.is_error) stream.watch_.want(stream.watch_.wants_read(), false);
    if (stream.writer_ != nullptr) {
      stream.writer_->wake();
    } else if (stream.observer_ != nullptr) {
      stream.observer_->on_writable(stream);
    }
  }
  if (!events.is_readable) return;
  stream.may_read_ = true;
  if (stream.reader_ != nullptr) {
    stream.reader_->wake();
    return;
  }
  // Nobody reads: not polling is backpressure. The next readable() asks again.
  bool is_read_soon = stream.observer_ != nullptr && stream.observer_->is_about_to_read();
  if (!events.is_error && !is_read_soon) stream.watch_.want(false, stream.watch_.wants_write());
  if (stream.observer_ != nullptr) stream.observer_->on_unread(stream);
}

namespace {

Result<int> start_connect(const Address& to) {
  int fd = ::socket(to.is_unix() ? AF_UNIX : (to.is_v6() ? AF_INET6 : AF_INET),
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return socket_failure(errno);
  int started = 0;
  if (to.is_unix()) {
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    to.path().copy(path.sun_path, sizeof path.sun_path - 1);
    started = ::connect(fd, reinterpret_cast<sockaddr*>(&path), sizeof path);
  } else {
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    started = ::connect(fd, to.raw(), to.raw_bytes());
  }
  if (started < 0 && errno != EINPROGRESS) {
    int error = errno;
    ::close(fd);
    return socket_failure(error);
  }
  return fd;
}

}  // namespace

Task<Result<StreamPtr>> connect(Address to, Timeout timeout, Scope* scope) {
  Result<int> fd = start_connect(to);
  if (!fd) co_return fail(fd.error());
  auto stream = std::make_unique<SocketStream>(*fd, std::move(to), Address{}, false);
  stream->set_scope(scope);
  Result<void> connected = co_await stream->writable(timeout);
  if (!connected) co_return fail(connected.error());
  int error = 0;
  socklen_t bytes = sizeof error;
  ::getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
  if (error != 0) {
    Error failure = socket_failure(error).error();
    failure.side = Side::upstream;
    failure.stage = Stage::connect;
    failure.retry = Retry::always;
    co_return fail(failure);
  }
  co_return StreamPtr(std::move(stream));
}

namespace {

// How often a wait for a slow reader looks how far it has come.
constexpr Duration kLook{5000};
// What happened longer ago than this counts half: a fast begin is no licence.
constexpr Duration kMemory{60'000};

void consume(std::span<iovec>& parts, size_t bytes) {
  while (!parts.empty() && bytes >= parts.front().iov_len) {
    bytes -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (bytes == 0) return;
  parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + bytes;
  parts.front().iov_len -= bytes;
}

Timeout next_look(Timeout idle, const Pace* pace) {
  bool looks = pace != nullptr && (!idle.is_limited() || idle.after > kLook);
  if (looks) idle.after = kLook;
  return idle;
}

Task<Result<void>> write_rest(Stream& stream, std::span<iovec> parts, Timeout idle, Pace* pace) {
  Duration silence{0};
  while (!parts.empty()) {
    Result<size_t> sent = stream.try_write(parts);
    if (sent) {
      consume(parts, *sent);
      silence = Duration{0};
      continue;
    }
    if (sent.error().code != Code::would_block) co_return fail(sent.error());
    int64_t before = stream.unacknowledged();
    TimePoint begin = Loop::current()->now();
    Result<void> ready = co_await stream.writable(next_look(idle, pace));
    bool is_look = !ready && ready.error().code == idle.code && pace != nullptr;
    if (!ready && !is_look) co_return fail(ready.error());
    Duration time = Loop::current()->now() - begin;
    int64_t taken = before - stream.unacknowledged();
    silence = taken > 0 ? Duration{0} : silence + time;
    bool is_over = is_look && idle.is_limited() && silence >= idle.after;
    if (pace != nullptr && before >= 0) {
      pace->add(time, static_cast<uint64_t>(std::max<int64_t>(taken, 0)));
      is_over = is_over || pace->is_too_slow();
    }
    if (!is_over) continue;
    // What is queued would stay in the kernel for as long again.
    stream.abort();
    co_return fail(idle.error());
  }
  co_return Result<void>{};
}

}  // namespace

void Pace::add(Duration time, uint64_t bytes) {
  waited += time;
  taken += bytes;
  if (waited < kMemory) return;
  waited /= 2;
  taken /= 2;
}

Task<Result<void>> write_all(Stream& stream, std::span<iovec> parts, Timeout idle, Pace* pace) {
  size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;
  Result<size_t> sent = stream.try_write(parts);
  if (sent && *sent == total) return Result<void>{};
  if (!sent && sent.error().code != Code::would_block) return Result<void>(fail(sent.error()));
  if (sent) consume(parts, *sent);
  return write_rest(stream, parts, idle, pace);
}

}  // namespace fairlead::io
