#include "cmd/fairlead/options.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/flags.h"

extern char** environ;

namespace fairlead::command {
namespace {

using config::Node;
using config::Severity;

constexpr size_t kMaxFileBytes = 16 << 20;  // no configuration a person or a generator writes

// In the order in which they are looked for.
std::vector<std::string> candidate_files(const Surroundings& around) {
  std::vector<std::string> folders{"/etc/fairlead", "/etc/traefik"};
  auto add = [&](const std::string& base) {
    for (const char* name : {"/fairlead", "/traefik"}) folders.push_back(base + name);
  };
  if (std::string base = around.variable("XDG_CONFIG_HOME"); !base.empty()) add(base);
  if (std::string home = around.variable("HOME"); !home.empty()) add(home + "/.config");
  folders.emplace_back(".");
  std::vector<std::string> out;
  for (const std::string& folder : folders) {
    for (const char* name : {"fairlead.yaml", "fairlead.yml", "fairlead.toml"}) {
      out.push_back(folder + "/" + name);
    }
  }
  for (const std::string& folder : folders) {
    for (const char* name : {"traefik.toml", "traefik.yaml", "traefik.yml"}) {
      out.push_back(folder + "/" + name);
    }
  }
  return out;
}

void report_unreadable(const std::string& path, int error, config::Diagnostics& out) {
  out.push_back({Severity::error, "file " + path, "", "",
                 "cannot be read: " + std::string(std::strerror(error))});
}

// The static file's tree; null when there is no file. Sets `path` to the one that was read.
Node read_static_file(const Surroundings& around, std::string& path, config::Diagnostics& out) {
  bool is_named = !path.empty();
  std::vector<std::string> candidates{path};
  if (!is_named) candidates = candidate_files(around);
  for (const std::string& candidate : candidates) {
    auto text = around.read_file(candidate);
    bool is_missing = !text && (text.error() == ENOENT || text.error() == ENOTDIR);
    // A home that is somebody else's (a container's user with HOME=/root) has no file for us; one
    // in /etc that we may not read is a mistake worth stopping for.
    bool is_closed = !text && text.error() == EACCES && !candidate.starts_with("/etc/");
    if ((is_missing || is_closed) && !is_named) continue;
    path = candidate;
    if (text) return config::parse_file_text(candidate, *text, out);
    report_unreadable(candidate, text.error(), out);
    return {};
  }
  return {};
}

}  // namespace

std::string Surroundings::variable(std::string_view name) const {
  for (const auto& [known, value] : environment) {
    if (known == name) return value;
  }
  return "";
}

LoadedOptions load_options(Surroundings surroundings) {
  LoadedOptions out;
  out.surroundings = std::move(surroundings);
  const Surroundings& around = out.surroundings;
  config::Flags flags = config::read_flags(around.arguments, out.diagnostics);
  out.arguments = std::move(flags.arguments);
  out.wants_help = flags.wants_help;
  out.config_file = flags.config_file;
  if (out.config_file.empty()) out.config_file = config::config_file_of(around.environment);
  out.document = read_static_file(around, out.config_file, out.diagnostics);
  config::overlay(out.document, config::read_environment(around.environment, out.diagnostics));
  config::overlay(out.document, flags.tree);
  out.config = config::decode_static(out.document, out.diagnostics);
  return out;
}

std::expected<std::string, int> read_file(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(errno);
  struct stat found{};
  int error = ::fstat(fd, &found) != 0 ? errno : S_ISDIR(found.st_mode) ? EISDIR : 0;
  std::string text;
  char part[64 * 1024];
  while (error == 0) {
    ssize_t got = ::read(fd, part, sizeof part);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = errno;
    } else {
      text.append(part, static_cast<size_t>(got));
      if (text.size() > kMaxFileBytes) error = EFBIG;
    }
  }
  ::close(fd);
  if (error != 0) return std::unexpected(error);
  return text;
}

config::Environment process_environment() {
  config::Environment out;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals == text.npos) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace fairlead::command
