#include "providers/file/file_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/node.h"
#include "providers/file/combine.h"

namespace fairlead::providers::file {
namespace {

constexpr int64_t kMaxBytes =
    64 << 20;  // far above any hand-written file; keeps a wrong one out of memory

constexpr std::string_view kGoesOn = "what it said before goes on until it is mended";

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// False with errno set.
bool read_whole(int fd, size_t expected, std::string& out) {
  char buffer[64 * 1024];
  out.reserve(expected);
  for (;;) {
    ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    out.append(buffer, static_cast<size_t>(got));
    if (static_cast<int64_t>(out.size()) > kMaxBytes) {
      errno = EFBIG;
      return false;
    }
  }
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

FileSource::FileSource(FileSettings settings, Environment environment)
    : settings_(std::move(settings)), environment_(std::move(environment)) {}

void FileSource::survey() {
  survey_ = settings_.directory.empty() ? survey_file(settings_.filename)
                                        : survey_directory(settings_.directory);
}

FileSource::Look FileSource::refresh(Time now, Trust trust) {
  Look look;
  look.has_changed = survey_.diagnostics != survey_faults_;
  survey_faults_ = survey_.diagnostics;
  for (auto& [path, file] : files_) file.is_listed = false;
  for (const std::string& path : survey_.files) {
    File& file = files_[path];
    file.is_listed = true;
    look_at(path, file, now, trust, look);
  }
  settle_missing(now, trust, look);
  return look;
}

void FileSource::look_at(const std::string& path, File& file, Time now, Trust trust, Look& look) {
  // Why O_NONBLOCK: opening a pipe that happens to be there must not stop the thread.
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    std::string why = std::string("cannot be read: ") + std::strerror(errno);
    if (is_believed(file, now, trust, look)) note_fault(path, file, std::move(why), look);
    return;
  }
  struct stat info{};
  std::string text;
  bool is_plain = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  Stamp stamp{nanoseconds(info.st_mtim), nanoseconds(info.st_ctim), info.st_size, info.st_dev,
              info.st_ino};
  if (trust == Trust::usual && file.stamp == stamp && !file.doubted_since) {
    ::close(fd);
    return;
  }
  bool is_read = is_plain && read_whole(fd, static_cast<size_t>(info.st_size), text);
  int reason = is_plain ? errno : EINVAL;
  ::close(fd);
  if (!is_read) {
    return note_fault(path, file, std::string("cannot be read: ") + std::strerror(reason), look);
  }
  bool is_emptied = is_blank(text) && file.objects != config::Objects{};
  if (is_emptied && !is_believed(file, now, trust, look)) return;
  file.doubted_since.reset();
  file.stamp = stamp;
  if (trust == Trust::reread_all || !file.has_good || text != file.text ||
      !file.diagnostics.empty()) {
    take_text(path, file, std::move(text), look);
  }
}

void FileSource::take_text(const std::string& path, File& file, std::string text, Look& look) {
  config::Diagnostics diagnostics;
  std::string source = "file:" + path;
  std::optional<std::string> rendered = render_template(text, source, environment_, diagnostics);
  config::Node document;
  if (rendered) {
    size_t before = diagnostics.size();
    document = config::parse_file_text(path, *rendered, diagnostics);
    // The parsers say "file /path", as origins do.
    for (size_t i = before; i < diagnostics.size(); ++i) diagnostics[i].source = source;
  }
  file.text = std::move(text);
  if (config::has_errors(diagnostics)) {
    if (file.has_good) {
      diagnostics.push_back({config::Severity::warning, source, "", "", std::string(kGoesOn)});
    }
    // It may have been half written; the end of writing is an event, but look again in case it is
    // missed.
    if (diagnostics != file.diagnostics) look.wants_another_look = true;
    look.has_changed = look.has_changed || diagnostics != file.diagnostics;
    file.diagnostics = std::move(diagnostics);
    return;
  }
  config::Objects objects = config::decode_dynamic(document, source, diagnostics);
  if (!file.has_good || objects != file.objects || diagnostics != file.diagnostics) {
    look.has_changed = true;
  }
  file.has_good = true;
  file.objects = std::move(objects);
  file.diagnostics = std::move(diagnostics);
}

void FileSource::note_fault(const std::string& path, File& file, std::string why, Look& look) {
  if (file.has_good) why += "; " + std::string(kGoesOn);
  config::Diagnostics diagnostics{
      {config::Severity::error, "file:" + path, "", "", std::move(why)}};
  file.stamp.reset();
  if (diagnostics == file.diagnostics) return;
  file.diagnostics = std::move(diagnostics);
  look.has_changed = true;
}

// Whether to accept that a file is empty or gone. A file that was never good has nothing to lose.
bool FileSource::is_believed(File& file, Time now, Trust trust, Look& look) {
  if (!file.has_good || trust == Trust::reread_all) return true;
  if (!file.doubted_since) file.doubted_since = now;
  if (now - *file.doubted_since >= kDoubt) return true;
  look.wants_another_look = true;
  return false;
}

// Files of the directory that are gone. Not while something could not be looked into: a mount that
// went away is no wish to serve nothing.
void FileSource::settle_missing(Time now, Trust trust, Look& look) {
  if (!survey_.diagnostics.empty()) return;
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = at->second;
    if (file.is_listed || !is_believed(file, now, trust, look)) {
      ++at;
      continue;
    }
    look.has_changed = true;
    at = files_.erase(at);
  }
}

config::Fragment FileSource::fragment() const {
  Combination combination(survey_faults_);
  for (const auto& [path, file] : files_) {
    combination.add(path, file.objects, file.diagnostics);
  }
  return combination.take();
}

bool FileSource::has_any() const {
  return std::ranges::any_of(files_, [](const auto& entry) { return entry.second.has_good; });
}

}  // namespace fairlead::providers::file
