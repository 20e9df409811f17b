// What a body probably is, judged by its first bytes (https://mimesniff.spec.whatwg.org, in the
// extent of Go's http.DetectContentType, which is what Traefik's users get). Pure.
#pragma once

#include <string_view>

namespace fairlead::middleware {

inline constexpr size_t kSniffedBytes = 512;

// Never empty: "application/octet-stream" when nothing else fits.
std::string_view sniff_content_type(std::string_view bytes);

}  // namespace fairlead::middleware
