// Which names may not come as trailers: framing, routing, authentication, caching, content and
// whatever a reader would take for a header (RFC 9110 §6.5.1). HTTP/1 chunked trailers and HTTP/2
// trailing header blocks alike.
#pragma once

#include <string_view>

namespace fairlead::http {

bool is_forbidden_trailer(std::string_view name);

}  // namespace fairlead::http
