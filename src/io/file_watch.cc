#include "io/file_watch.h"

#include <algorithm>
#include <cerrno>

#include <sys/inotify.h>
#include <unistd.h>

namespace fairlead::io {
namespace {

// Why not IN_MODIFY: it fires while a file is half written; IN_CLOSE_WRITE follows when it is
// whole.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

Result<std::unique_ptr<FileWatch>> FileWatch::open() {
  int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return fail(Code::limit_reached, Side::self, Stage::none, Retry::never, errno);
  return std::unique_ptr<FileWatch>(new FileWatch(fd));
}

FileWatch::FileWatch(int fd) : fd_(fd), poll_(fd, &FileWatch::on_events, this) {
  poll_.want(true, false);
}

FileWatch::~FileWatch() {
  poll_.close();
  ::close(fd_);
}

bool FileWatch::watch(const std::vector<std::string>& directories) {
  bool is_complete = true;
  std::map<std::string, int> wanted;
  for (const std::string& directory : directories) {
    // Adding again what is watched already yields the same descriptor, or the one of a directory
    // that took its place.
    int descriptor = ::inotify_add_watch(fd_, directory.c_str(), kEvents);
    if (descriptor < 0) {
      is_complete = false;
    } else {
      wanted[directory] = descriptor;
    }
  }
  for (const auto& [directory, descriptor] : watched_) {
    bool is_kept =
        std::ranges::any_of(wanted, [&](const auto& entry) { return entry.second == descriptor; });
    if (!is_kept) ::inotify_rm_watch(fd_, descriptor);
  }
  watched_ = std::move(wanted);
  return is_complete;
}

Task<Result<void>> FileWatch::changed(Scope& scope, Timeout timeout) {
  if (!event_.is_set()) {
    Result<void> woken = co_await event_.wait(&scope, timeout);
    if (!woken) co_return woken;
  }
  event_.reset();
  co_return Result<void>{};
}

void FileWatch::on_events(void* context, FdWatch::Events) {
  static_cast<FileWatch*>(context)->drain();
}

// The events themselves say nothing that looking at the files does not; IN_IGNORED, the echo of
// removing a watch, is the one that is no change.
void FileWatch::drain() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool has_change = false;
  for (;;) {
    ssize_t got = ::read(fd_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      if ((event->mask & IN_IGNORED) == 0) has_change = true;
      at += static_cast<ssize_t>(sizeof(inotify_event)) + event->len;
    }
  }
  if (has_change) event_.set();
}

}  // namespace fairlead::io
