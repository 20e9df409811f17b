#include "cmd/fairlead/options.h"

#include <cerrno>
#include <map>

#include <doctest/doctest.h>

#include "cmd/fairlead/commands.h"

using namespace fairlead;
using namespace fairlead::command;

namespace {

using Files = std::map<std::string, std::string>;

LoadedOptions load(std::vector<std::string> arguments, config::Environment environment = {},
                   Files files = {}) {
  Surroundings around{std::move(arguments), std::move(environment), nullptr};
  around.read_file = [files](const std::string& path) -> std::expected<std::string, int> {
    auto found = files.find(path);
    if (found == files.end()) return std::unexpected(ENOENT);
    if (found->second == "locked") return std::unexpected(EACCES);
    return found->second;
  };
  return load_options(std::move(around));
}

std::string faults(const LoadedOptions& options) { return diagnostics_text(options.diagnostics); }

}  // namespace

TEST_CASE("each_layer_wins_over_the_one_before") {
  Files file{{"/f.yml",
              "log: {level: WARN, format: json, filePath: /file}\nworkers: 1\n"
              "entryPoints: {Web: {address: ':1', asDefault: true}}\n"}};
  config::Environment environment{{"TRAEFIK_LOG_FORMAT", "common"},
                                  {"TRAEFIK_LOG_FILEPATH", "/traefik"},
                                  {"FAIRLEAD_LOG_FILEPATH", "/fairlead"},
                                  {"FAIRLEAD_ENTRYPOINTS_WEB_ADDRESS", ":2"},
                                  {"FAIRLEAD_WORKERS", "2"}};
  LoadedOptions options = load({"--configFile=/f.yml", "--workers=3"}, environment, file);
  CHECK(faults(options) == "");
  CHECK(options.config.log.level == "WARN");
  CHECK(options.config.log.format == "common");
  CHECK(options.config.log.file_path == "/fairlead");
  CHECK(options.config.workers == 3);
  // The name keeps the spelling of the file.
  REQUIRE(options.config.entry_points.size() == 1);
  CHECK(options.config.entry_points["Web"].listen.port == 2);
  CHECK(options.config.entry_points["Web"].is_default);
}

TEST_CASE("switching_a_section_on_keeps_what_lower_layers_say") {
  Files file{{"/f.yml",
              "providers: {docker: {network: n}}\nping: {entryPoint: web}\n"
              "entryPoints: {web: {address: ':1'}}\n"}};
  LoadedOptions on = load({"--configFile=/f.yml", "--providers.docker", "--ping=true"}, {}, file);
  CHECK(on.config.providers.docker->network == "n");
  CHECK(on.config.ping->entry_point == "web");
  LoadedOptions off = load({"--configFile=/f.yml", "--providers.docker=false"}, {}, file);
  CHECK_FALSE(off.config.providers.docker);
}

TEST_CASE("static_files_are_searched_in_order") {
  config::Environment home{{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/x"}};
  Files all{{"/etc/fairlead/fairlead.yaml", "workers: 1"},
            {"./fairlead.toml", "workers = 2"},
            {"/etc/traefik/traefik.toml", "workers = 3"},
            {"/x/traefik/traefik.yml", "workers: 4"},
            {"/h/.config/fairlead/traefik.yaml", "workers: 5"}};
  for (int64_t expected : {1, 2, 3, 4, 5}) {
    LoadedOptions options = load({}, home, all);
    CHECK(options.config.workers == expected);
    all.erase(options.config_file);
  }
  CHECK(load({}, home, all).config_file == "");
  CHECK(load({}, {{"TRAEFIK_CONFIGFILE", "/t"}, {"FAIRLEAD_CONFIGFILE", "/e.yml"}},
             {{"/e.yml", "workers: 6"}})
            .config.workers == 6);
}

TEST_CASE("a_wrong_key_names_its_source") {
  struct {
    std::vector<std::string> arguments;
    config::Environment environment;
    const char* text;
    const char* fault;
  } cases[] = {
      {{},
       {},
       "log: {levle: x}",
       "error: file /etc/fairlead/fairlead.yml:1: log.levle: unknown field; did you mean "
       "\"level\"?\n"},
      {{},
       {{"FAIRLEAD_LOG_LEVLE", "x"}},
       "",
       "error: environment: FAIRLEAD_LOG_LEVLE: names no option; did you mean "
       "FAIRLEAD_LOG_LEVEL?\n"},
      {{"--log.levle=x"},
       {},
       "",
       "error: flag --log.levle: there is no option \"levle\" here; did you mean \"level\"?\n"},
      {{"--log.level=x"},
       {},
       "",
       "error: flag --log.level: log.level: expects one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, "
       "PANIC, got \"x\"\n"},
      {{},
       {{"TRAEFIK_WORKERS", "x"}},
       "",
       "error: environment TRAEFIK_WORKERS: workers: expects a whole number, got \"x\"\n"},
      {{},
       {},
       "locked",
       "error: file /etc/fairlead/fairlead.yml: cannot be read: Permission denied\n"},
      {{"--configFile=/gone.yml"},
       {},
       "",
       "error: file /gone.yml: cannot be read: No such file or directory\n"},
      {{"--configFile", "/etc/fairlead/fairlead.yml"}, {}, "a: [", nullptr},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    std::string found =
        faults(load(c.arguments, c.environment, {{"/etc/fairlead/fairlead.yml", c.text}}));
    if (c.fault) {
      CHECK(found == c.fault);
    } else {
      CHECK(found.starts_with("error: file /etc/fairlead/fairlead.yml: line "));
    }
  }
}

TEST_CASE("print_says_where_each_value_came_from") {
  Files file{
      {"/f.yml",
       "entryPoints:\n  web:\n    address: ':80'\n"
       "providers:\n  docker:\n    password: hunter2\n"
       "tracing:\n  otlp:\n    http:\n      endpoint: http://x\n      headers: {A: secret}\n"}};
  LoadedOptions options =
      load({"--configFile=/f.yml", "--providers.precedence=file,docker", "--ping"},
           {{"TRAEFIK_LOG_LEVEL", "DEBUG"}}, file);
  CHECK(faults(options) == "");
  std::string text = effective_configuration(options);
  for (const char* line : {
           "    address: \":80\"  # file /f.yml:3\n",
           "    asDefault: false  # default\n",
           "    password: \"*****\"  # file /f.yml:6\n",
           "    - file  # flag --providers.precedence\n",
           "  level: DEBUG  # environment TRAEFIK_LOG_LEVEL\n",
           "  entryPoint: traefik  # default\n",
           "        A: \"*****\"  # file /f.yml:11\n",
       }) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("what_print_writes_can_be_read_again") {
  LoadedOptions options =
      load({"--ping", "--api.insecure", "--accessLog", "--providers.docker", "--metrics.prometheus",
            "--entrypoints.web.address=:80", "--entrypoints.web.http.tls.domains[0].main=x"});
  CHECK(faults(options) == "");
  LoadedOptions again =
      load({"--configFile=/p.yml"}, {}, {{"/p.yml", effective_configuration(options)}});
  CHECK(faults(again) == "");
  CHECK(again.config == options.config);
}
