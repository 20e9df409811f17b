#include "observe/access_log.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/ring.h"

namespace fairlead::observe {
namespace {

struct TemporaryFolder {
  TemporaryFolder() {
    char pattern[] = "/tmp/fairlead_log_XXXXXX";
    path = ::mkdtemp(pattern);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::unique_ptr<AccessLog> start(AccessLogSettings settings, unsigned workers) {
  std::string why;
  auto log = AccessLog::start(std::move(settings), workers, why);
  REQUIRE_MESSAGE(log, why);
  return log;
}

void log_one(AccessLog& log, unsigned worker, uint64_t count) {
  Record record;
  record.request_count = count;
  record.status = 200;
  LogEntry entry(record);
  entry.client_host = worker == 0 ? "w0" : "w1";
  entry.method = "GET";
  entry.target = "/";
  entry.protocol = "HTTP/1.1";
  log.log(worker, entry);
}

std::string pulled(const Ring& ring) {
  auto pieces = ring.peek();
  return std::string(pieces[0]) + std::string(pieces[1]);
}

}  // namespace

TEST_CASE("ring_refuses_what_does_not_fit_and_wraps") {
  Ring ring(16);
  CHECK(ring.push("0123456") == Ring::Push::done);
  CHECK(ring.push("89") == Ring::Push::done_half_full);
  CHECK(ring.push("12345678") == Ring::Push::full);
  CHECK(pulled(ring) == "012345689");
  ring.consume(9);
  CHECK(ring.is_empty());
  CHECK(ring.push("abcdefghijkl") == Ring::Push::done_half_full);
  CHECK(ring.peek()[1] == "hijkl");
  CHECK(pulled(ring) == "abcdefghijkl");
  CHECK(ring.push("mnop") == Ring::Push::done);
  CHECK(ring.push("q") == Ring::Push::full);
}

TEST_CASE("ring_hands_over_whole_lines_between_threads") {
  Ring ring(256);
  constexpr int kLines = 20'000;
  std::thread producer([&] {
    for (int i = 0; i < kLines;) {
      std::string line = std::to_string(i) + "\n";
      if (ring.push(line) == Ring::Push::full) {
        std::this_thread::yield();
      } else {
        ++i;
      }
    }
  });
  int expected = 0;
  bool is_in_order = true;
  while (expected < kLines) {
    std::string batch = pulled(ring);
    if (batch.empty()) std::this_thread::yield();
    is_in_order = is_in_order && (batch.empty() || batch.back() == '\n');
    std::istringstream lines(batch);
    for (std::string line; std::getline(lines, line); ++expected) {
      is_in_order = is_in_order && line == std::to_string(expected);
    }
    ring.consume(batch.size());
  }
  producer.join();
  CHECK(is_in_order);
}

TEST_CASE("every_line_of_every_worker_is_in_the_file_in_order") {
  TemporaryFolder folder;
  AccessLogSettings settings;
  settings.file_path = folder.path + "/made/on/the/way/access.log";
  auto log = start(settings, 2);
  constexpr uint64_t kLines = 2000;  // about 150 KiB each: no ring fills up
  std::vector<std::thread> workers;
  for (unsigned worker : {0u, 1u}) {
    workers.emplace_back([&log, worker] {
      for (uint64_t i = 0; i < kLines; ++i) log_one(*log, worker, i);
    });
  }
  for (auto& worker : workers) worker.join();
  log->stop();
  CHECK(log->dropped() == 0);
  std::array<uint64_t, 2> next{};
  auto lines = lines_of(settings.file_path);
  CHECK(lines.size() == 2 * kLines);
  size_t misplaced = 0;
  for (const std::string& line : lines) {
    unsigned worker = line[1] == '0' ? 0 : 1;
    std::string count = " " + std::to_string(next[worker]++) + " \"-\" \"-\" 0ms";
    if (!line.ends_with(count)) ++misplaced;
  }
  CHECK(misplaced == 0);
}

TEST_CASE("lines_that_do_not_fit_are_dropped_and_counted") {
  TemporaryFolder folder;
  AccessLogSettings settings;
  settings.file_path = folder.path + "/pipe";  // nobody reads it for now: the writer gets stuck
  REQUIRE(::mkfifo(settings.file_path.c_str(), 0600) == 0);
  int reader = ::open(settings.file_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  settings.buffering_size = 1;  // the smallest ring, 64 KiB
  auto log = start(settings, 1);
  Record record;
  LogEntry entry(record);
  std::string target = "/" + std::string(60'000, 'a');
  entry.target = target;
  constexpr size_t kLines = 100;  // 6 MB against 64 KiB of ring and as much of pipe
  for (size_t i = 0; i < kLines; ++i) log->log(0, entry);
  CHECK(log->dropped() > 0);
  size_t arrived = 0;
  std::thread slow_reader([&] {
    ::fcntl(reader, F_SETFL, 0);
    char bytes[4096];
    for (ssize_t n; (n = ::read(reader, bytes, sizeof bytes)) > 0;) {
      arrived += static_cast<size_t>(std::count(bytes, bytes + n, '\n'));
    }
  });
  log->stop();
  uint64_t dropped = log->dropped();
  log.reset();
  slow_reader.join();
  ::close(reader);
  CHECK(arrived > 0);
  CHECK(arrived + dropped == kLines);
}

TEST_CASE("a_line_beyond_any_size_is_cut_not_lost") {
  TemporaryFolder folder;
  AccessLogSettings settings;
  settings.file_path = folder.path + "/access.log";
  settings.format = LogFormat::json;
  auto log = start(settings, 1);
  Record record;
  LogEntry entry(record);
  std::string huge = "/" + std::string(200'000, '"');
  entry.target = entry.authority = entry.forwarded_for = entry.method = huge;
  log->log(0, entry);
  log->stop();
  auto lines = lines_of(settings.file_path);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("\"}"));
}

TEST_CASE("reopen_follows_a_rotation_without_losing_lines") {
  TemporaryFolder folder;
  AccessLogSettings settings;
  settings.file_path = folder.path + "/access.log";
  auto log = start(settings, 1);
  log_one(*log, 0, 1);
  std::filesystem::rename(settings.file_path, folder.path + "/access.log.1");
  log->reopen();
  log_one(*log, 0, 2);
  log->stop();
  auto old_lines = lines_of(folder.path + "/access.log.1");
  auto new_lines = lines_of(settings.file_path);
  CHECK(std::filesystem::exists(settings.file_path));
  CHECK(old_lines.size() + new_lines.size() == 2);
}

TEST_CASE("a_file_that_cannot_be_written_counts_its_lines_as_dropped") {
  if (!std::filesystem::exists("/dev/full")) return;
  AccessLogSettings settings;
  settings.file_path = "/dev/full";
  auto log = start(settings, 1);
  log_one(*log, 0, 1);
  log_one(*log, 0, 2);
  log->stop();
  CHECK(log->dropped() == 2);
}

TEST_CASE("a_path_that_cannot_be_opened_is_named") {
  AccessLogSettings settings;
  settings.file_path = "/proc/nowhere/access.log";
  std::string why;
  CHECK(AccessLog::start(settings, 1, why) == nullptr);
  CHECK(why.starts_with("accessLog.filePath: cannot open \"/proc/nowhere/access.log\": "));
}

TEST_CASE("filtered_requests_leave_no_line") {
  TemporaryFolder folder;
  AccessLogSettings settings;
  settings.file_path = folder.path + "/access.log";
  settings.status_codes = {{500, 599}};
  auto log = start(settings, 1);
  log_one(*log, 0, 1);
  log->stop();
  CHECK(lines_of(settings.file_path).empty());
}

}  // namespace fairlead::observe
