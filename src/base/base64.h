// Base64 with padding (RFC 4648 §4), strict: what is not the one right spelling of some bytes is
// refused. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

std::string base64_encode(std::string_view bytes);

// At most how many bytes a text of this length stands for.
constexpr size_t base64_decoded_bound(size_t text_bytes) { return text_bytes / 4 * 3; }
// Writes into `out` (base64_decoded_bound() bytes) and returns what was written; nullopt when
// malformed.
std::optional<std::string_view> base64_decode(std::string_view text, char* out);

}  // namespace fairlead
