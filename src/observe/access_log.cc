#include "observe/access_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "observe/log_formats.h"
#include "observe/ring.h"

namespace fairlead::observe {
namespace {

constexpr size_t kLineBytes = 64 * 1024;
// Ten texts of the client's cut to this, each byte escaped to six, fit into a line.
constexpr size_t kCutValueBytes = 512;
constexpr int kPollMilliseconds = 50;
constexpr unsigned kRoundsBeforeSleep = 20;
constexpr auto kReportEvery = std::chrono::seconds(10);
// bufferingSize counts lines, the ring bytes: this is a long common line, a short JSON one.
constexpr size_t kBytesPerLine = 512;
constexpr size_t kLargestRing = size_t{64} << 20;

size_t ring_bytes(const AccessLogSettings& settings) {
  if (settings.buffering_size == 0) return AccessLog::kRingBytes;
  return std::clamp(settings.buffering_size * kBytesPerLine, kLineBytes, kLargestRing);
}

// In the line-based formats a failed request looks like any other; this is where its reason shows.
void tell_failure(const LogEntry& entry) {
  const Record& record = entry.record;
  log::debug("request failed", {{"error", name(record.error.code)},
                                {"words", words(record.error.code)},
                                {"side", name(record.error.side)},
                                {"stage", name(record.error.stage)},
                                {"router", record.router},
                                {"url", record.service_url},
                                {"path", entry.target},
                                {"client", entry.client_host}});
}

}  // namespace

// What one worker has: nobody else touches it but the writer, through the ring.
struct alignas(64) AccessLog::Lane {
  explicit Lane(size_t bytes) : ring(bytes) {}

  Ring ring;
  LogTimes times;
  std::atomic<uint64_t> dropped{0};
  char scratch[kLineBytes];
};

std::unique_ptr<AccessLog> AccessLog::start(AccessLogSettings settings, unsigned workers,
                                            std::string& why) {
  std::unique_ptr<AccessLog> made(new AccessLog(std::move(settings), workers));
  const std::string& path = made->settings_.file_path;
  if (!made->file_.open(path)) {
    why = "accessLog.filePath: cannot open \"" + path + "\": " + std::strerror(errno);
    return nullptr;
  }
  made->wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (made->wake_fd_ < 0) {
    why = std::string("accessLog: cannot make an eventfd: ") + std::strerror(errno);
    return nullptr;
  }
  made->writer_ = std::thread([log = made.get()] { log->run(); });
  return made;
}

AccessLog::AccessLog(AccessLogSettings settings, unsigned workers)
    : settings_(std::move(settings)) {
  for (unsigned i = 0; i < workers; ++i) {
    lanes_.push_back(std::make_unique<Lane>(ring_bytes(settings_)));
  }
}

AccessLog::~AccessLog() {
  stop();
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void AccessLog::log(unsigned worker, const LogEntry& entry) {
  if (!settings_.keeps(entry.record)) return;
  Lane& lane = *lanes_[worker];
  Ring::Push pushed = lane.ring.push(format(lane, entry));
  if (pushed == Ring::Push::full) [[unlikely]] {
    lane.dropped.store(lane.dropped.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  if (is_asleep_.load(std::memory_order_seq_cst)) [[unlikely]] {
    if (is_asleep_.exchange(false)) wake();
  } else if (pushed == Ring::Push::done_half_full) [[unlikely]] {
    wake();
  }
  bool shows_no_reason = settings_.format != LogFormat::json && entry.record.error.code != Code::ok;
  if (shows_no_reason && log::is_on(log::Level::debug)) [[unlikely]]
    tell_failure(entry);
}

std::string_view AccessLog::format(Lane& lane, const LogEntry& entry) {
  auto write = settings_.format == LogFormat::json ? write_json : write_clf;
  Line line(lane.scratch, sizeof lane.scratch);
  write(line, settings_, entry, lane.times, kNoLimit);
  if (!line.is_cut()) [[likely]]
    return line.text();
  Line shorter(lane.scratch, sizeof lane.scratch);
  write(shorter, settings_, entry, lane.times, kCutValueBytes);
  return shorter.text();
}

void AccessLog::wake() {
  uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);  // it can only fail when a wake-up is pending anyway
}

void AccessLog::reopen() {
  wants_reopen_ = true;
  wake();
}

void AccessLog::stop() {
  if (!writer_.joinable()) return;
  is_stopping_ = true;
  wake();
  writer_.join();
}

uint64_t AccessLog::dropped() const {
  uint64_t sum = unwritten_.load(std::memory_order_relaxed);
  for (const auto& lane : lanes_) sum += lane->dropped.load(std::memory_order_relaxed);
  return sum;
}

void AccessLog::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all,
                  nullptr);  // signals belong to the control thread; SIGPIPE to nobody
  unsigned idle_rounds = 0;
  while (true) {
    bool is_last_round = is_stopping_.load();
    if (wants_reopen_.exchange(false)) reopen_file();
    idle_rounds = drain() > 0 ? 0 : idle_rounds + 1;
    report_drops();
    if (is_last_round) return;
    wait(idle_rounds);
  }
}

// One writev for everything that waits in all rings. Returns the bytes taken.
size_t AccessLog::drain() {
  std::vector<iovec> pieces;
  std::vector<size_t> taken;
  for (const auto& lane : lanes_) {
    size_t bytes = 0;
    for (std::string_view piece : lane->ring.peek()) {
      if (!piece.empty()) pieces.push_back({const_cast<char*>(piece.data()), piece.size()});
      bytes += piece.size();
    }
    taken.push_back(bytes);
  }
  if (pieces.empty()) return 0;
  std::vector<iovec> rest = pieces;
  if (!file_.write(rest)) {
    uint64_t lines = 0;
    for (const iovec& piece : pieces) {
      auto* bytes = static_cast<const char*>(piece.iov_base);
      lines += static_cast<uint64_t>(std::count(bytes, bytes + piece.iov_len, '\n'));
    }
    unwritten_.fetch_add(lines, std::memory_order_relaxed);
  }
  size_t sum = 0;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i]->ring.consume(taken[i]);
    sum += taken[i];
  }
  return sum;
}

bool AccessLog::has_work() const {
  return is_stopping_ || wants_reopen_ ||
         std::ranges::any_of(lanes_, [](const auto& lane) { return !lane->ring.is_empty(); });
}

void AccessLog::wait(unsigned idle_rounds) {
  int timeout = kPollMilliseconds;
  if (idle_rounds >= kRoundsBeforeSleep) {
    is_asleep_.store(true, std::memory_order_seq_cst);
    // Whoever pushed before seeing us asleep is seen here.
    timeout = has_work() ? 0 : -1;
  }
  pollfd wanted{wake_fd_, POLLIN, 0};
  ::poll(&wanted, 1, timeout);
  is_asleep_ = false;
  uint64_t wakes;
  (void)!::read(wake_fd_, &wakes, sizeof wakes);
}

void AccessLog::reopen_file() {
  if (file_.reopen()) return;
  log::error("access log cannot be opened again; writing goes on to the old file",
             {{"path", settings_.file_path}, {"error", std::strerror(errno)}});
}

void AccessLog::report_drops() {
  uint64_t now_dropped = dropped();
  auto now = std::chrono::steady_clock::now();
  if (now_dropped == reported_drops_ || now - reported_at_ < kReportEvery) return;
  std::string lines = std::to_string(now_dropped - reported_drops_);
  reported_drops_ = now_dropped;
  reported_at_ = now;
  log::warn("access log lines were dropped: the writer or its file is too slow",
            {{"lines", lines}});
}

}  // namespace fairlead::observe
