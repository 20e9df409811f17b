// Does Fairlead itself run in a container, and in which? Read once from what the kernel shows of
// this process.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace fairlead::providers::docker
