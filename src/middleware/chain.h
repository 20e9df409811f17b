// chain: a name for several middlewares. The compiler of routes replaces it by its members; the
// object it makes only stands for an options tree that is in order.
#pragma once

#include <string>
#include <vector>

#include "config/node.h"

namespace fairlead::middleware {

// The names in `middlewares`, in order, as written. Empty when there are none or they cannot be
// read.
std::vector<std::string> chain_members(const config::Node& options);

}  // namespace fairlead::middleware
