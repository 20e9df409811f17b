// The access log: workers format their lines into rings of their own, one writer thread drains the
// rings and writes in batches. A worker never waits and never allocates here; a line that does not
// fit is dropped and counted. Owned by the server; made before the workers, stopped after them.
//
// Waking the writer: while there is traffic it looks every 50 ms, which costs workers no system
// call; a ring that gets half full wakes it early; after a second without lines it sleeps until a
// worker finds it asleep. So a system call is made at most once per idle second or per half ring,
// never per request, and an idle process does not wake up at all.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "observe/log_entry.h"
#include "observe/log_file.h"
#include "observe/log_settings.h"

namespace fairlead::observe {

class AccessLog {
 public:
  static constexpr size_t kRingBytes = size_t{1} << 20;

  // Opens the file and starts the writer. On failure null, and `why` says what was wrong with which
  // path.
  static std::unique_ptr<AccessLog> start(AccessLogSettings settings, unsigned workers,
                                          std::string& why);
  ~AccessLog();  // stop()
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Whether any header can appear in a line.
  bool wants_headers() const { return !settings_.drops_all_headers(); }
  // From worker `worker` only. Applies the filters.
  void log(unsigned worker, const LogEntry& entry);
  // Any thread: the writer opens the file again, for rotation. If that fails it keeps the old one
  // and says so.
  void reopen();
  // Writes what is waiting and ends the writer. Call it when no worker logs any more.
  void stop();
  // Lines lost so far: the ring was full, or the file could not be written.
  uint64_t dropped() const;

 private:
  struct Lane;

  AccessLog(AccessLogSettings settings, unsigned workers);
  std::string_view format(Lane& lane, const LogEntry& entry);
  void wake();
  void run();
  size_t drain();
  bool has_work() const;
  void wait(unsigned idle_rounds);
  void reopen_file();
  void report_drops();

  const AccessLogSettings settings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  LogFile file_;
  int wake_fd_ = -1;
  std::atomic<bool> is_asleep_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> wants_reopen_{false};
  std::atomic<uint64_t> unwritten_{0};
  uint64_t reported_drops_ = 0;                          // the writer's
  std::chrono::steady_clock::time_point reported_at_{};  // the writer's
  std::thread writer_;
};

}  // namespace fairlead::observe
