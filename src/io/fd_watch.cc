#include "io/fd_watch.h"

#include <cerrno>

#include <sys/epoll.h>

#include "base/check.h"

namespace fairlead::io {

FdWatch::FdWatch(int fd, Callback callback, void* context)
    : loop_(static_cast<UvLoop&>(*Loop::current())),
      callback_(callback),
      context_(context),
      fd_(fd) {}

uint32_t FdWatch::wanted() const {
  return (wants_read_ ? uint32_t{EPOLLIN} : 0) | (wants_write_ ? uint32_t{EPOLLOUT} : 0);
}

void FdWatch::want(bool read, bool write) {
  if (fd_ < 0) return;
  wants_read_ = read;
  wants_write_ = write;
  if ((wanted() & ~interest_) != 0) set_interest(wanted());
}

void FdWatch::set_interest(uint32_t events) {
  if (events == interest_) return;
  epoll_event event{.events = events, .data = {.ptr = this}};
  int poller = loop_.poller();
  if (events == 0) {
    ::epoll_ctl(poller, EPOLL_CTL_DEL, fd_, nullptr);
  } else if (interest_ == 0) {
    int added = ::epoll_ctl(poller, EPOLL_CTL_ADD, fd_, &event);
    FAIRLEAD_CHECK(added == 0);
  } else {
    int changed = ::epoll_ctl(poller, EPOLL_CTL_MOD, fd_, &event);
    // A library that closed the descriptor and got its number again: epoll has forgotten the first.
    if (changed != 0 && errno == ENOENT) ::epoll_ctl(poller, EPOLL_CTL_ADD, fd_, &event);
  }
  interest_ = events;
}

void FdWatch::deliver(uint32_t events) {
  Events seen;
  if ((events & EPOLLERR) != 0) {
    // Errors cannot be unwanted: level-triggered, they would come again at once and for ever.
    wants_read_ = wants_write_ = false;
    set_interest(0);
    seen = {true, true, true};
  } else {
    bool is_hung_up = (events & EPOLLHUP) != 0;
    seen.is_readable = wants_read_ && ((events & EPOLLIN) != 0 || is_hung_up);
    seen.is_writable = wants_write_ && ((events & EPOLLOUT) != 0 || is_hung_up);
    set_interest(wanted());
  }
  if (seen.is_readable || seen.is_writable) callback_(context_, seen);
}

void FdWatch::close() {
  if (fd_ < 0) return;
  wants_read_ = wants_write_ = false;
  // Explicitly: a copy of the descriptor in another process would keep it in the epoll set.
  set_interest(0);
  loop_.forget(*this);
  fd_ = -1;
}

}  // namespace fairlead::io
