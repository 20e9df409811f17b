#include "providers/docker/own_container.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace fairlead::providers::docker {

namespace {

constexpr size_t kIdDigits = 64;

bool is_id(std::string_view text) {
  return text.size() == kIdDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool exists(const char* path) { return access(path, F_OK) == 0; }

}  // namespace

// Docker: "…/containers/<id>/hostname /etc/hostname …"; Podman:
// "…/overlay-containers/<id>/userdata/hostname …".
std::string container_id_in(std::string_view mountinfo) {
  constexpr std::string_view kFolder = "containers/";
  for (size_t at = mountinfo.find(kFolder); at != mountinfo.npos;
       at = mountinfo.find(kFolder, at + 1)) {
    std::string_view id = mountinfo.substr(at + kFolder.size(), kIdDigits);
    std::string_view after =
        mountinfo.substr(std::min(mountinfo.size(), at + kFolder.size() + kIdDigits));
    std::string_view line = after.substr(0, after.find('\n'));
    if (is_id(id) && line.find(" /etc/hostname ") != line.npos) return std::string(id);
  }
  return {};
}

OwnContainer find_own_container() {
  OwnContainer own;
  std::ostringstream mounts;
  mounts << std::ifstream("/proc/self/mountinfo").rdbuf();
  own.id = container_id_in(mounts.view());
  own.is_in_container = !own.id.empty() || exists("/.dockerenv") || exists("/run/.containerenv");
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0) own.hostname = name;
  return own;
}

io::Task<std::string> find_host_name(io::Scope& scope) {
  io::Resolver resolver;
  for (const char* name : {"host.docker.internal", "host.containers.internal"}) {
    auto addresses = co_await resolver.resolve(name, 80, &scope);
    if (addresses && !addresses->empty()) co_return std::string(name);
  }
  co_return std::string();
}

}  // namespace fairlead::providers::docker
