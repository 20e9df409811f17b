#include "cmd/fairlead/dynamic_check.h"

#include <cerrno>
#include <map>

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::command;

namespace {

using Files = std::map<std::string, std::string>;

std::string check(const Files& files, EntryPointNames names = EntryPointNames::any) {
  Surroundings around{{}, {{"DOMAIN", "a.example"}}, nullptr};
  around.read_file = [&](const std::string& path) -> std::expected<std::string, int> {
    auto found = files.find(path);
    if (found == files.end()) return std::unexpected(ENOENT);
    return found->second;
  };
  std::vector<std::string> paths;
  for (const auto& [path, text] : files) paths.push_back(path);
  if (paths.empty()) paths.push_back("gone.yml");
  config::Diagnostics none;
  config::StaticConfig config = config::decode_static(config::Node{}, none);
  std::string out;
  for (const auto& d : check_files(paths, config, around, names)) out += d.text() + "\n";
  return out;
}

std::string router(const std::string& options) {
  return "http:\n  services: {s: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}}\n"
         "  routers: {r: {" +
         options + "}}\n";
}

}  // namespace

TEST_CASE("good_files_have_nothing_wrong") {
  CHECK(check({{"a.yml", router("rule: 'Host(`a`)', service: s, entryPoints: [web]")}}) == "");
  CHECK(check({{"static.yml", "entryPoints: {web: {address: ':80'}}\nping: {}\n"}}) == "");
  CHECK(check({{"a.yml", ""}}) == "");
}

TEST_CASE("files_are_rendered_as_templates") {
  CHECK(check({{"a.yml", router("rule: 'Host(`{{ env \"DOMAIN\" }}`)', service: s")}}) == "");
  CHECK(check({{"a.yml", router("rule: 'Host(`{{ nope }}`)', service: s")}})
            .starts_with("error: file:a.yml"));
}

TEST_CASE("what_other_providers_define_is_taken_on_trust") {
  CHECK(check({{"a.yml",
                router("rule: 'Host(`a`)', service: x@docker, middlewares: [m@kubernetescrd]")}}) ==
        "");
}

TEST_CASE("faults_are_found_and_named") {
  struct {
    Files files;
    const char* part;
  } cases[] = {
      {{}, "error: file gone.yml: cannot be read: No such file or directory"},
      {{{"a.yml", "http: ["}}, "error: file a.yml: line "},
      {{{"a.yml", router("rul: x, rule: 'Host(`a`)', service: s")}}, "did you mean \"rule\"?"},
      {{{"a.yml", router("rule: 'Hots(`a`)', service: s")}}, "did you mean \"Host\"?"},
      {{{"a.yml", router("rule: 'Host(`a`)', service: nope")}}, "\"nope@file\" does not exist"},
      {{{"a.yml", router("rule: 'Host(`a`)', service: s")},
        {"b.yml", router("rule: 'Host(`b`)', service: s")}},
       "error: file:b.yml: router r: is also defined in a.yml, which comes first and counts"},
      {{{"static.yml", "entryPoints: {web: {adress: ':80'}}"}}, "did you mean \"address\"?"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.part);
    CHECK(check(c.files).find(c.part) != std::string::npos);
  }
  CHECK(check({{"a.yml", router("rule: 'Host(`a`)', service: s, entryPoints: [web]")}},
              EntryPointNames::declared)
            .find("the entry point \"web\" does not exist") != std::string::npos);
}

TEST_CASE("labels_of_compose_files_are_judged") {
  auto compose = [](const std::string& label) {
    return Files{{"/p/compose.yml",
                  "services:\n  web:\n    image: x\n    labels:\n      - " + label + "\n"}};
  };
  CHECK(check(compose("traefik.http.routers.web.rule=Hots(`a`)")).find("\"Host\"?") !=
        std::string::npos);
  CHECK(check(compose("traefik.http.routers.web.rule=HostRegexp(`^a$$`)")) == "");
  CHECK(check(compose("traefik.http.routers.web.rule=Host(`${DOMAIN}`) || Host(`${NO:-b}`)")) ==
        "");
  CHECK(check(compose("traefik.http.routers.web.entrypoints=web")) == "");
  std::string found = check(compose("traefik.http.routers.web.rul=Host(`a`)"));
  CHECK(found.find("file /p/compose.yml: container web") != std::string::npos);
  CHECK(found.find("traefik.http.routers.web.rule") != std::string::npos);
}
