// HTTP/1 bytes → heads and body pieces, without any I/O (RFC 9112). Strict: what peers let through and we refuse is the
// checklist of tests/unit/http/codec/malformed_*.  Each object belongs to one connection and one thread.
//
// Head parsing is line by line and incremental: feed it the whole unconsumed input each time; it remembers how far it
// has looked, so that a head arriving byte by byte costs linear time, and a fault is reported at the first line that
// has it, not at the end of the head. It only checks syntax; meaning (framing, Host, upgrade) is http/semantics.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "http/message.h"

namespace fairlead::http {

struct HeadLimits {
  uint32_t head_bytes = 1u << 20;    // entryPoints.*.http.maxHeaderBytes
  uint32_t line_bytes = 64u << 10;   // one field or the request line
  uint32_t fields = 256;
};

// Fed with a growing input; when a whole head is there, its text is copied into the arena and the head filled.
class HeadParser {
 public:
  enum class Kind : uint8_t { request, response };
  explicit HeadParser(Kind kind, HeadLimits limits = {}) : kind_(kind), limits_(limits) {}

  // `input` starts at the first byte of the head and is at least as long as the last time. Returns the number of bytes
  // of the head including the empty line, or 0 when more are needed. After a result or an error: reset().
  // Request: method_text, method, target, version, headers are set. At most one empty line before a request line is
  // skipped (RFC 9112 §2.2). Response: status, version, reason, headers.
  Result<size_t> parse(std::string_view input, Arena& arena, RequestHead& head);
  Result<size_t> parse(std::string_view input, Arena& arena, ResponseHead& head);

  void reset();
  // Nothing of a head has been seen yet: the connection is idle, not slow.
  bool is_idle() const { return scanned_ == 0; }

 private:
  // The implementation may change this part as it needs; keep the object small (it lives in every idle connection).
  static constexpr unsigned kInlineFields = 0;
  Kind kind_;
  HeadLimits limits_;
  uint32_t scanned_ = 0;     // bytes of the input already searched for line ends
  uint32_t line_start_ = 0;  // where the first unfinished line begins
};

// Decodes a body of a known kind out of an input (RFC 9112 §6, §7.1). For chunked bodies the sizes, extensions and line
// ends are checked byte by byte and consumed; extensions are never passed on; trailer fields are kept apart and checked
// (no framing, routing or authentication names).
class BodyParser {
 public:
  // The head decides. `until_close` bodies end with finish_at_eof().
  void start(BodyKind kind, uint64_t length, HeadLimits trailer_limits = {});

  struct Piece {
    std::string_view bytes;  // a part of the input: body bytes
    size_t consumed = 0;     // of the input, framing included; more than `bytes` is gone
    bool is_end = false;     // the body (and its trailers) is complete
  };
  // The next piece of `input`. consumed == 0 and not is_end: more input is needed. Trailers land in `trailers` (copied
  // into its arena), which may be null to discard them.
  Result<Piece> parse(std::string_view input, HeaderMap* trailers);

  // The peer finished sending: fine for until_close, an error for the others unless the body had ended.
  Result<void> finish_at_eof();

  BodyKind kind() const { return kind_; }
  bool is_done() const;
  // Bytes still to come of a `length` body.
  uint64_t remaining() const { return remaining_; }

 private:
  // The implementation may change this part as it needs.
  BodyKind kind_ = BodyKind::none;
  uint8_t state_ = 0;
  uint64_t remaining_ = 0;
  uint32_t extension_bytes_ = 0;
  uint32_t trailer_bytes_ = 0;
  HeadLimits limits_;
};

}  // namespace fairlead::http
