// The current time as an HTTP Date (RFC 9110 §5.6.7), written once a second and thread. The text
// stays until the thread asks in a later second; an answer's head is serialised before that, or
// holds a slightly older date.
#pragma once

#include <string_view>

namespace fairlead::server {

std::string_view http_date();

}  // namespace fairlead::server
