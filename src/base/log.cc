#include "base/log.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

namespace fairlead::log {
namespace {

constexpr std::string_view kNames[] = {"trace", "debug", "info", "warning", "error", "fatal"};
constexpr std::string_view kShort[] = {"TRC", "DBG", "INF", "WRN", "ERR", "FTL"};

struct Sink {
  std::mutex mutex;
  Settings settings;
  int fd = 1;
};

Sink& sink() {
  static Sink* only = new Sink;  // outlives every thread
  return *only;
}
std::atomic<Level> level{Level::info};

void append_escaped(std::string& line, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += "\\u00";
      line += kHex[byte >> 4];
      line += kHex[byte & 15];
    } else {
      line += c;
    }
  }
}

std::string time_text() {
  std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string json_line(Level at, std::string_view message, Fields fields) {
  std::string line = "{\"level\":\"";
  line += kNames[static_cast<size_t>(at)];
  line += '"';
  for (const auto& [key, value] : fields) {
    line += ",\"";
    append_escaped(line, key);
    line += "\":\"";
    append_escaped(line, value);
    line += '"';
  }
  line += ",\"time\":\"" + time_text() + "\",\"message\":\"";
  append_escaped(line, message);
  line += "\"}\n";
  return line;
}

std::string common_line(Level at, std::string_view message, Fields fields) {
  std::string line = time_text();
  line += ' ';
  line += kShort[static_cast<size_t>(at)];
  line += ' ';
  append_escaped(line, message);
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    bool needs_quotes = value.empty() || value.find_first_of(" =\"\n\t") != value.npos;
    if (needs_quotes) line += '"';
    append_escaped(line, value);
    if (needs_quotes) line += '"';
  }
  line += '\n';
  return line;
}

void write_line(Level at, std::string_view message, Fields fields) {
  if (!is_on(at)) return;
  Sink& out = sink();
  std::lock_guard lock(out.mutex);
  std::string line =
      out.settings.is_json ? json_line(at, message, fields) : common_line(at, message, fields);
  (void)!::write(out.fd, line.data(), line.size());
}

int open_log(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

}  // namespace

void trace(std::string_view message, Fields fields) { write_line(Level::trace, message, fields); }
void debug(std::string_view message, Fields fields) { write_line(Level::debug, message, fields); }
void info(std::string_view message, Fields fields) { write_line(Level::info, message, fields); }
void warn(std::string_view message, Fields fields) { write_line(Level::warn, message, fields); }
void error(std::string_view message, Fields fields) { write_line(Level::error, message, fields); }

bool configure(const Settings& settings) {
  Sink& out = sink();
  std::lock_guard lock(out.mutex);
  int fd = settings.file_path.empty() ? 1 : open_log(settings.file_path);
  if (fd < 0) return false;
  if (out.fd != 1) ::close(out.fd);
  out.fd = fd;
  out.settings = settings;
  level = settings.level;
  return true;
}

void reopen() {
  Sink& out = sink();
  std::lock_guard lock(out.mutex);
  if (out.settings.file_path.empty()) return;
  int fd = open_log(out.settings.file_path);
  if (fd < 0) return;
  ::close(out.fd);
  out.fd = fd;
}

bool is_on(Level at) { return at >= level.load(std::memory_order_relaxed); }

}  // namespace fairlead::log
