// The versions and the status line of HTTP/1 messages (RFC 9112 §2.3, §4). Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::http::h1 {

// "HTTP/1.0" and "HTTP/1.1" exactly; bad_version for any other HTTP version, else `otherwise`.
Code read_version(std::string_view text, Version& version, Code otherwise);

// A status line without its line end. The reason is a view of it.
Code read_status_line(std::string_view line, Version& version, uint16_t& status,
                      std::string_view& reason);

}  // namespace fairlead::http::h1
