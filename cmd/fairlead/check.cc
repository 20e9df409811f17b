#include <algorithm>
#include <cstdio>

#include <dirent.h>
#include <sys/stat.h>

#include "cmd/fairlead/commands.h"
#include "cmd/fairlead/dynamic_check.h"

namespace fairlead::command {
namespace {

bool is_configuration(const std::string& name) {
  return name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".toml") ||
         name.ends_with(".json");
}

// Every configuration file below `folder`, but nothing hidden.
void list_folder(const std::string& folder, int depth, std::vector<std::string>& out) {
  DIR* listing = depth > 0 ? ::opendir(folder.c_str()) : nullptr;
  if (!listing) return;
  while (dirent* entry = ::readdir(listing)) {
    std::string name = entry->d_name, path = folder + "/" + name;
    struct stat found{};
    if (name.starts_with('.') || ::stat(path.c_str(), &found) != 0) continue;
    if (S_ISDIR(found.st_mode)) list_folder(path, depth - 1, out);
    if (S_ISREG(found.st_mode) && is_configuration(name)) out.push_back(path);
  }
  ::closedir(listing);
}

std::vector<std::string> dynamic_files(const config::StaticConfig& config) {
  std::vector<std::string> out;
  if (!config.providers.file) return out;
  const config::FileProviderConfig& file = *config.providers.file;
  if (!file.filename.empty()) out.push_back(file.filename);
  if (!file.directory.empty()) list_folder(file.directory, 32, out);
  std::ranges::sort(out);
  return out;
}

}  // namespace

int check_command(const LoadedOptions& options) {
  bool has_files = !options.arguments.empty();
  // Files alone are judged by themselves: another machine's static configuration is not their
  // fault.
  config::Diagnostics found = has_files ? config::Diagnostics{} : options.diagnostics;
  std::vector<std::string> paths = has_files ? options.arguments : dynamic_files(options.config);
  if (!config::has_errors(found)) {
    bool declares = !has_files || options.document.find("entryPoints");
    config::Diagnostics more =
        check_files(paths, options.config, options.surroundings,
                    declares ? EntryPointNames::declared : EntryPointNames::any);
    std::ranges::move(more, std::back_inserter(found));
  }
  std::fputs(diagnostics_text(found).c_str(), stdout);
  auto errors = std::ranges::count(found, config::Severity::error, &config::Diagnostic::severity);
  auto warnings = static_cast<std::ptrdiff_t>(found.size()) - errors;
  std::printf("%td error%s, %td warning%s\n", errors, errors == 1 ? "" : "s", warnings,
              warnings == 1 ? "" : "s");
  return errors > 0 ? 1 : 0;
}

}  // namespace fairlead::command
