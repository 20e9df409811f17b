// `fairlead check`: what is wrong with the static configuration, or with dynamic and Compose files.
#include <algorithm>
#include <cstdio>

#include "cmd/fairlead/commands.h"
#include "cmd/fairlead/dynamic_check.h"
#include "providers/docker/translate.h"
#include "providers/file/survey.h"

namespace fairlead::command {
namespace {

// The files of the file provider; what keeps them from being found goes into `out`.
std::vector<std::string> dynamic_files(const config::StaticConfig& config,
                                       config::Diagnostics& out) {
  if (!config.providers.file) return {};
  const config::FileProviderConfig& file = *config.providers.file;
  if (!file.filename.empty()) return {file.filename};
  providers::file::Survey survey = providers::file::survey_directory(file.directory);
  std::ranges::move(survey.diagnostics, std::back_inserter(out));
  return survey.files;
}

// What is wrong with the options of the Docker provider themselves: its rule and its constraints.
void check_docker_options(const config::StaticConfig& config, config::Diagnostics& out) {
  if (!config.providers.docker) return;
  const config::DockerProviderConfig& docker = *config.providers.docker;
  providers::docker::Translator translator({.exposed_by_default = docker.exposed_by_default,
                                            .default_rule = docker.default_rule,
                                            .constraints = docker.constraints,
                                            .allow_empty_services = docker.allows_empty_services});
  std::ranges::copy(translator.faults(), std::back_inserter(out));
}

}  // namespace

int check_command(const LoadedOptions& options) {
  bool has_files = !options.arguments.empty();
  // Files alone are judged by themselves: another machine's static configuration is not their
  // fault.
  config::Diagnostics found = has_files ? config::Diagnostics{} : options.diagnostics;
  if (!config::has_errors(found)) {
    if (!has_files) check_docker_options(options.config, found);
    std::vector<std::string> paths =
        has_files ? options.arguments : dynamic_files(options.config, found);
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
  // A misspelt field is a warning, because the rest is still served; a check must stop a pipeline
  // for it all the same.
  return errors > 0 ? 1 : (warnings > 0 ? 2 : 0);
}

}  // namespace fairlead::command
