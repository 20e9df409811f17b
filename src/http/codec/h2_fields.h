// Fields as nghttp2 takes them. Invariant: no control character leaves, and nothing that ends at
// this hop (RFC 9113 §8.2.2), whatever a middleware did. Private to src/http/codec. Pure.
#pragma once

#include <span>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "http/message.h"

namespace fairlead::http {

nghttp2_nv pair_of(std::string_view name, std::string_view value);
// Returns how many were written. nghttp2 copies, and makes names lower case.
size_t write_fields(std::span<const Field> fields, Arena& arena, nghttp2_nv* to);
nghttp2_nv* take_pairs(Arena& arena, size_t count);

}  // namespace fairlead::http
