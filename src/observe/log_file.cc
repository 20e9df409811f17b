#include "observe/log_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace fairlead::observe {
namespace {

constexpr size_t kPiecesPerCall = 64;  // well under IOV_MAX
// How long a standard output that takes nothing may hold up the writer before the lines are given
// up.
constexpr int kBlockedMilliseconds = 1000;

// True when it is worth trying again.
bool wait_writable(int fd) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  pollfd wanted{fd, POLLOUT, 0};
  int ready = ::poll(&wanted, 1, kBlockedMilliseconds);
  if (ready == 0) errno = EAGAIN;
  return ready > 0 || (ready < 0 && errno == EINTR);
}

void advance(std::span<iovec>& pieces, size_t written) {
  while (!pieces.empty() && written >= pieces.front().iov_len) {
    written -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) return;
  pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + written;
  pieces.front().iov_len -= written;
}

}  // namespace

LogFile::~LogFile() {
  if (!path_.empty()) ::close(fd_);
}

bool LogFile::open(const std::string& path) {
  int fd = 1;
  if (!path.empty()) {
    std::error_code ignored;  // open() below says what is wrong
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0664);
    if (fd < 0) return false;
  }
  if (!path_.empty()) ::close(fd_);
  fd_ = fd;
  path_ = path;
  return true;
}

bool LogFile::write(std::span<iovec> pieces) {
  while (!pieces.empty()) {
    int count = static_cast<int>(std::min(pieces.size(), kPiecesPerCall));
    ssize_t written = ::writev(fd_, pieces.data(), count);
    if (written >= 0) {
      advance(pieces, static_cast<size_t>(written));
    } else if (!wait_writable(fd_)) {
      return false;
    }
  }
  return true;
}

}  // namespace fairlead::observe
