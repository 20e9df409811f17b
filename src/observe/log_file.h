// Where access log lines end up: a file that can be opened again after rotation, or standard
// output. Used by the writer thread only (opened before it starts).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <sys/uio.h>

namespace fairlead::observe {

class LogFile {
 public:
  LogFile() = default;
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // "" is standard output. Makes missing folders. False with errno set when it cannot be opened;
  // then the file that was open before stays.
  bool open(const std::string& path);
  // Opens the same path again.
  bool reopen() { return path_.empty() || open(path_); }
  // Writes everything, however often the kernel takes only a part; clobbers `pieces`. False with
  // errno set when the rest could not be written.
  bool write(std::span<iovec> pieces);

 private:
  std::string path_;
  int fd_ = 1;
};

}  // namespace fairlead::observe
