// Tells when something in one of a set of directories changed (inotify). It says that, not what:
// whoever asks looks at the files again. Files are watched through their directories, so that
// renames, symlink swaps and editors' ways of saving are seen. Owned and used on one thread, on a
// UvLoop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/fd_watch.h"
#include "io/scope.h"
#include "io/task.h"
#include "io/wait.h"

namespace fairlead::io {

class FileWatch {
 public:
  // On the current loop, which must be a UvLoop. Fails when the process may open no more inotify
  // instances.
  static Result<std::unique_ptr<FileWatch>> open();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Watches exactly these directories from now on. False when one of them could not be watched (it
  // does not exist, or the limit fs.inotify.max_user_watches is reached): then the caller should
  // look again from time to time.
  bool watch(const std::vector<std::string>& directories);

  // Waits for the next change, or reports one that came since the last call. One caller at a time.
  Task<Result<void>> changed(Scope& scope, Timeout timeout = kNoTimeout);

 private:
  explicit FileWatch(int fd);
  static void on_events(void* context, FdWatch::Events events);
  void drain();

  int fd_;
  FdWatch poll_;
  Event event_;
  std::map<std::string, int> watched_;  // directory → watch descriptor
};

}  // namespace fairlead::io
