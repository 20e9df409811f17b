// How the HTTP/1 parsers look at bytes: sixteen at a time where the processor can, else one by one.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/result.h"
#include "http/ascii.h"

namespace fairlead::http::h1 {

// In a request target: printable ASCII without blanks; '#' would hide a fragment (CVE-2023-45539).
constexpr bool is_target_char(char c) {
  auto u = static_cast<uint8_t>(c);
  return u > 0x20 && u < 0x7f && u != '#';
}

// The first byte of [from, to) that may not stand in a field value or a reason phrase; `to` when
// there is none.
inline const char* skip_text(const char* from, const char* to) {
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; to - from >= 16; from += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    __m128i is_low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, space), bytes);
    __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), is_low),
                               _mm_cmpeq_epi8(bytes, del));
    if (int mask = _mm_movemask_epi8(bad); mask != 0) return from + __builtin_ctz(mask);
  }
#endif
  while (from != to && is_text_char(*from)) ++from;
  return from;
}

// Whether a text of less than 16 bytes needs no second look. Sixteen bytes from `from` on must be
// readable; false says nothing.
inline bool is_short_text_clean(const char* from, size_t bytes) {
#if defined(__SSE2__)
  if (bytes >= 16) return false;
  __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  __m128i is_low = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);
  __m128i bad = _mm_or_si128(is_low, _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7f)));
  return (_mm_movemask_epi8(bad) & ((1 << bytes) - 1)) == 0;
#else
  (void)from, (void)bytes;
  return false;
#endif
}

// The same for a request target.
inline const char* skip_target(const char* from, const char* to) {
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(0x20);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i hash = _mm_set1_epi8('#');
  for (; to - from >= 16; from += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    __m128i is_printable = _mm_cmpgt_epi8(bytes, space);  // signed: what is not ASCII is below too
    __m128i bad = _mm_or_si128(_mm_cmpeq_epi8(bytes, del), _mm_cmpeq_epi8(bytes, hash));
    int mask = (~_mm_movemask_epi8(is_printable) & 0xffff) | _mm_movemask_epi8(bad);
    if (mask != 0) return from + __builtin_ctz(mask);
  }
#endif
  while (from != to && is_target_char(*from)) ++from;
  return from;
}

inline const char* skip_token(const char* from, const char* to) {
  while (from != to && is_token_char(*from)) ++from;
  return from;
}

// The first ':' of [from, to), or `to`. Names are short: one or two steps.
inline const char* find_colon(const char* from, const char* to) {
#if defined(__SSE2__)
  const __m128i colon = _mm_set1_epi8(':');
  for (; to - from >= 16; from += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, colon));
    if (mask != 0) return from + __builtin_ctz(mask);
  }
#endif
  while (from != to && *from != ':') ++from;
  return from;
}

// What stands at `at`, a byte that no name, value or target may hold, when it should end the line:
// ok for CRLF, would_block when the byte after CR has not arrived, bad_line_end for a bare CR or
// LF, `otherwise` for any other byte.
inline Code line_end(const char* at, const char* end, Code otherwise) {
  if (*at == '\n') return Code::bad_line_end;
  if (*at != '\r') return otherwise;
  if (at + 1 == end) return Code::would_block;
  return at[1] == '\n' ? Code::ok : Code::bad_line_end;
}

}  // namespace fairlead::http::h1
