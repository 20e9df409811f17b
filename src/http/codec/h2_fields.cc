#include "http/codec/h2_fields.h"

#include "http/ascii.h"
#include "http/codec/h1_scan.h"

namespace fairlead::http {
namespace {

// Text that a middleware may have made: control characters become blanks, blanks at the ends go.
std::string_view clean_value(std::string_view value, Arena& arena) {
  value = trim_blanks(value);
  const char* end = value.data() + value.size();
  if (h1::skip_text(value.data(), end) == end) return value;
  char* copy = arena.take_chars(value.size());
  for (size_t i = 0; i < value.size(); ++i) copy[i] = is_text_char(value[i]) ? value[i] : ' ';
  return trim_blanks({copy, value.size()});
}

// RFC 9113 §8.2.2, and what HTTP/2 says in frames.
bool ends_at_this_hop(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
      return true;
    default:
      return false;
  }
}

}  // namespace

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
  auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

size_t write_fields(std::span<const Field> fields, Arena& arena, nghttp2_nv* to) {
  size_t count = 0;
  for (const Field& field : fields) {
    if (ends_at_this_hop(field.id)) continue;
    if (field.id == FieldId::other && !is_token(field.name)) continue;
    to[count++] = pair_of(field.name, clean_value(field.value, arena));
  }
  return count;
}

nghttp2_nv* take_pairs(Arena& arena, size_t count) {
  return static_cast<nghttp2_nv*>(arena.take(count * sizeof(nghttp2_nv), alignof(nghttp2_nv)));
}

}  // namespace fairlead::http
