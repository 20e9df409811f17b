// Is this text the URL of a server of a service: http, https or h2c, a host, a port. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::config {

// What is wrong with it and how to mend it; nothing when it is good.
std::optional<std::string> fault_in_server_url(std::string_view url);

}  // namespace fairlead::config
