// Text as a value in a query, as Go's url.QueryEscape writes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::middleware {

std::string query_escaped(std::string_view text);

}  // namespace fairlead::middleware
