// Does Fairlead itself run in a container, and in which? Read once from what the kernel shows of
// this process.
#pragma once

#include <string>
#include <string_view>

#include "io/resolver.h"
#include "io/scope.h"
#include "io/task.h"

namespace fairlead::providers::docker {

struct OwnContainer {
  bool is_in_container = false;
  std::string id;        // 64 digits; "" when not known
  std::string hostname;  // by default the first 12 digits of the id
  bool operator==(const OwnContainer&) const = default;
};

OwnContainer find_own_container();
// The container whose files are mounted (/etc/hostname, /etc/resolv.conf) in a
// /proc/self/mountinfo; "" for none.
std::string container_id_in(std::string_view mountinfo);
// The first name that resolves of those by which Docker and Podman let a container call its host;
// "" for none.
io::Task<std::string> find_host_name(io::Scope& scope);

}  // namespace fairlead::providers::docker
