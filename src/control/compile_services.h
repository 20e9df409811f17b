// What the files that make services share. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/dynamic.h"
#include "config/validate.h"
#include "proxy/sticky.h"

namespace fairlead::control {

// What is wrong with a load balancer's strategy, for people.
config::Fault check_strategy(std::string_view strategy);
// The services that a service is made of, qualified; none of a list of servers.
std::vector<std::string> children_of(const config::ServiceSpec& spec);
proxy::CookieSettings cookie_settings(const config::CookieSpec& spec);

}  // namespace fairlead::control
