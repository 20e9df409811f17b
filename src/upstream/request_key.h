// Values of a request by name: cookies, query parameters, and what a consistent hash is taken of.
// Pure; views into the request.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.h"
#include "upstream/balancer.h"

namespace fairlead::upstream {

// The first cookie of that name, without the quotes it may stand in (RFC 6265 §5.4).
std::optional<std::string_view> cookie_value(const http::HeaderMap& headers, std::string_view name);
// The first parameter of that name as it stands, not decoded.
std::optional<std::string_view> query_value(std::string_view query, std::string_view name);
// Nothing when the request does not have it, or the key is the client.
std::optional<std::string_view> request_key(const http::RequestHead& request, const HashKey& key);

}  // namespace fairlead::upstream
