// Which Fairlead this is. Constants of the build.
#pragma once

#include <string_view>

namespace fairlead {

struct Version {
  std::string_view number;  // "0.1.0"
  std::string_view codename;
  std::string_view commit;   // "" outside a checkout
  std::string_view built;    // when it was configured, UTC, or SOURCE_DATE_EPOCH
  std::string_view os_arch;  // "linux/amd64"
};

const Version& version();

}  // namespace fairlead
