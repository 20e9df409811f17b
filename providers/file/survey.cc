#include "providers/file/survey.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

namespace fairlead::providers::file {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as Linux follows in one path
constexpr int kMaxDepth = 32;  // of directories; deeper is a mistake
constexpr size_t kMaxFiles = 20'000;

fs::path absolute(const std::string& path) {
  std::error_code failed;
  fs::path full = fs::absolute(path, failed);
  return failed ? fs::path(path) : full.lexically_normal();
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

// The first symbolic link among the prefixes of `path`; empty when there is none.
fs::path first_link(const fs::path& path) {
  fs::path prefix;
  for (const fs::path& part : path) {
    prefix /= part;
    std::error_code failed;
    if (fs::is_symlink(prefix, failed)) return prefix;
  }
  return {};
}

// Every directory in which a name of `path` is looked up behind a link, and the one of its last
// name.
void add_lookups(fs::path path, std::set<std::string>& directories) {
  for (int links = 0; links < kMaxLinks; ++links) {
    fs::path link = first_link(path);
    if (link.empty()) break;
    directories.insert(link.parent_path().string());
    std::error_code failed;
    fs::path target = fs::read_symlink(link, failed);
    if (failed) break;
    fs::path rest = path.lexically_relative(link);
    path = (link.parent_path() / target / (rest == "." ? fs::path() : rest)).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
  }
  fs::path parent = path.parent_path();
  // What does not exist yet appears in the nearest directory that does.
  while (!is_folder(parent) && parent != parent.root_path()) parent = parent.parent_path();
  directories.insert(parent.string());
}

bool has_known_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  return ending == ".yml" || ending == ".yaml" || ending == ".toml" || ending == ".json";
}

class Walk {
 public:
  explicit Walk(Survey& out) : out_(out) {}

  void into(const fs::path& directory, int depth) {
    std::error_code failed;
    fs::path real = fs::canonical(directory, failed);
    if (failed || !seen_.insert(real.string()).second) return;
    if (depth > kMaxDepth)
      return warn(directory, "is nested deeper than 32 directories and left out");
    directories_.insert(directory.string());
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
         at.increment(failed)) {
      if (!at->path().filename().string().starts_with('.')) entries.push_back(at->path());
    }
    if (failed) warn(directory, "cannot be read: " + failed.message());
    std::ranges::sort(entries);
    for (const fs::path& entry : entries) visit(entry, depth);
  }

  std::set<std::string>& directories() { return directories_; }

 private:
  void visit(const fs::path& entry, int depth) {
    std::error_code failed;
    bool is_link = fs::is_symlink(entry, failed);
    if (is_link) add_lookups(entry, directories_);
    if (is_folder(entry)) return into(entry, depth + 1);
    if (!has_known_ending(entry)) return;
    if (out_.files.size() == kMaxFiles)
      warn(entry, "and all after it are left out: more than 20000 files");
    if (out_.files.size() <= kMaxFiles) out_.files.push_back(entry.string());
  }
  void warn(const fs::path& path, std::string why) {
    out_.diagnostics.push_back(
        {config::Severity::error, "file:" + path.string(), "", "", std::move(why)});
  }

  Survey& out_;
  std::set<std::string> directories_;
  std::set<std::string> seen_;
};

}  // namespace

Survey survey_file(const std::string& path) {
  Survey out;
  fs::path full = absolute(path);
  out.files.push_back(full.string());
  std::set<std::string> directories;
  add_lookups(full, directories);
  out.directories.assign(directories.begin(), directories.end());
  return out;
}

Survey survey_directory(const std::string& path) {
  Survey out;
  fs::path full = absolute(path);
  if (!full.has_filename()) full = full.parent_path();
  Walk walk(out);
  add_lookups(full, walk.directories());
  if (is_folder(full)) {
    walk.into(full, 0);
  } else {
    out.diagnostics.push_back({config::Severity::error, "file:" + full.string(), "", "",
                               "the directory does not exist or cannot be read"});
  }
  if (out.files.size() > kMaxFiles) out.files.resize(kMaxFiles);
  out.directories.assign(walk.directories().begin(), walk.directories().end());
  return out;
}

}  // namespace fairlead::providers::file
