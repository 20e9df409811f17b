#include "control/last_good.h"

#include <cctype>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::control {
namespace {

constexpr std::string_view kFormat = "1";
constexpr off_t kMaxBytes =
    256 << 20;  // far above any configuration; keeps a wrong file out of memory

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// False with errno set.
bool read_whole(const File& file, std::string& out) {
  struct stat info{};
  if (::fstat(file.fd(), &info) != 0) return false;
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxBytes) {
    errno = EFBIG;
    return false;
  }
  out.resize(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (done < out.size()) {
    ssize_t got = ::read(file.fd(), out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  out.resize(done);
  return true;
}

bool write_whole(const File& file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(file.fd(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

bool has_scalar(const config::Node& document, std::string_view key, std::string_view value) {
  const config::Node* node = document.find(key);
  return node != nullptr && node->is_scalar() && node->scalar == value;
}

}  // namespace

std::string LastGood::path_for(const std::string& provider) const {
  std::string name = provider;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return directory_ + "/last-good-" + name + ".json";
}

std::optional<config::Fragment> LastGood::load(const std::string& provider,
                                               config::Diagnostics& diagnostics) const {
  std::string path = path_for(provider);
  auto ignored = [&](const std::string& why) {
    diagnostics.push_back({config::Severity::warning, provider, "", "",
                           "the saved configuration " + path + " is ignored: " + why});
    return std::nullopt;
  };
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  std::string text;
  if (!file.is_open() || !read_whole(file, text)) return ignored(std::strerror(errno));
  config::Diagnostics faults;
  config::Node document = config::parse_json(text, path, faults);
  if (!faults.empty()) return ignored(faults.front().message);
  const config::Node* saved = document.find("config");
  if (!has_scalar(document, "format", kFormat) || !has_scalar(document, "provider", provider) ||
      saved == nullptr) {
    return ignored("it is not a saved configuration of this provider in a known format");
  }
  config::Fragment fragment{provider, config::decode_dynamic(*saved, provider, faults), {}};
  if (config::has_errors(faults)) return ignored(faults.front().text());
  return fragment;
}

std::string LastGood::save(const config::Fragment& fragment) const {
  config::Node document = config::Node::map();
  document.at("format") = config::Node::text(std::string(kFormat));
  document.at("provider") = config::Node::string(fragment.provider);
  document.at("config") = config::encode_dynamic(fragment.objects);
  std::string path = path_for(fragment.provider);
  std::string unfinished = path + ".new";
  auto failed = [&] { return path + ": " + std::strerror(errno); };
  {
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    File file(::open(unfinished.c_str(), flags, 0600));
    if (!file.is_open() || ::fchmod(file.fd(), 0600) != 0) return failed();
    if (!write_whole(file, config::to_json(document)) || ::fdatasync(file.fd()) != 0) {
      std::string why = failed();
      ::unlink(unfinished.c_str());
      return why;
    }
  }
  return ::rename(unfinished.c_str(), path.c_str()) == 0 ? "" : failed();
}

}  // namespace fairlead::control
