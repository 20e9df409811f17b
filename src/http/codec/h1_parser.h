// HTTP/1 bytes → heads and body pieces, without any I/O (RFC 9112). Strict: what peers let through
// and we refuse is the checklist of tests/unit/http/codec/malformed_*.  Each object belongs to one
// connection and one thread.
//
// Head parsing is line by line and incremental: feed it the whole unconsumed input each time; it
// remembers how far it has looked, so that a head arriving byte by byte costs linear time, and a
// fault is reported at the first line that has it, not at the end of the head. It only checks
// syntax; meaning (framing, Host, upgrade) is http/semantics.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "http/message.h"

namespace fairlead::http {

struct HeadLimits {
  uint32_t head_bytes = 1u << 20;   // entryPoints.*.http.maxHeaderBytes
  uint32_t line_bytes = 64u << 10;  // one field or the request line
  uint32_t fields = 256;
};

// Why so much smaller than a head: real trailers are a checksum or a gRPC status.
inline constexpr HeadLimits kTrailerLimits{
    .head_bytes = 32u << 10, .line_bytes = 8u << 10, .fields = 64};

// Fed with a growing input; when a whole head is there, its text is copied into the arena and the
// head filled.
class HeadParser {
 public:
  enum class Kind : uint8_t { request, response };
  explicit HeadParser(Kind kind, HeadLimits limits = {}) : kind_(kind), limits_(limits) {}

  // `input` starts at the first byte of the head and is at least as long as the last time. Returns
  // the number of bytes of the head including the empty line, or 0 when more are needed. After a
  // result or an error it is as new. Request: method_text, method, target, version, headers are
  // set. At most one empty line before a request line is skipped (RFC 9112 §2.2). Response: status,
  // version, reason, headers.
  Result<size_t> parse(std::string_view input, Arena& arena, RequestHead& head);
  Result<size_t> parse(std::string_view input, Arena& arena, ResponseHead& head);

  void reset();
  // Nothing of a head has been seen yet: the connection is idle, not slow.
  bool is_idle() const { return scanned_ == 0; }

 private:
  // What comes next. One byte decides each step, so that a fault does not depend on how the input
  // was cut.
  enum class State : uint8_t {
    start,
    second_start,
    method,
    target,
    version,
    status,
    line,
    name,
    value
  };
  // A head's parts as views of the input.
  struct Parts;

  Code advance(std::string_view input, Parts* parts);
  Code parse_parts(std::string_view input, Parts& parts);
  Code step(std::string_view input, const char* end, Parts* parts);
  Code on_start(std::string_view input, const char* end);
  Code on_method(std::string_view input, const char* end, Parts* parts);
  Code on_target(std::string_view input, const char* end, Parts* parts);
  Code on_version(std::string_view input, const char* end, Parts* parts);
  Code on_status(std::string_view input, const char* end, Parts* parts);
  Code on_line(std::string_view input, const char* end);
  Code on_name(std::string_view input, const char* end);
  Code on_value(std::string_view input, const char* end, Parts* parts);
  void take_known_lines(std::string_view input, Parts& parts);
  Code too_long() const;
  void next_line(size_t at);

  Kind kind_;
  State state_ = State::start;
  bool is_complete_ = false;
  uint16_t fields_ = 0;
  HeadLimits limits_;
  uint32_t scanned_ = 0;     // bytes of the input that need no second look
  uint32_t line_start_ = 0;  // where the unfinished line begins
  uint32_t mark_ = 0;        // where the unfinished token begins; the value's name ends just before
};

// Decodes a body of a known kind out of an input (RFC 9112 §6, §7.1). For chunked bodies the sizes,
// extensions and line ends are checked byte by byte and consumed; extensions are never passed on;
// trailer fields are kept apart and checked (no framing, routing or authentication names).
class BodyParser {
 public:
  // The head decides. `until_close` bodies end with finish_at_eof(). `from` says whose message it
  // is: a forbidden trailer is refused in a request and dropped from a response, and the errors
  // name that side.
  void start(BodyKind kind, uint64_t length, HeadLimits trailer_limits = kTrailerLimits,
             HeadParser::Kind from = HeadParser::Kind::request);

  struct Piece {
    std::string_view bytes;  // a part of the input: body bytes
    size_t consumed = 0;     // of the input, framing included; more than `bytes` is gone
    bool is_end = false;     // the body (and its trailers) is complete
  };
  // The next piece of `input`. consumed == 0 and not is_end: more input is needed. Trailers land in
  // `trailers` (copied into its arena), which may be null to discard them.
  Result<Piece> parse(std::string_view input, HeaderMap* trailers);

  // The peer finished sending: fine for until_close, an error for the others unless the body had
  // ended.
  Result<void> finish_at_eof();

  BodyKind kind() const { return kind_; }
  bool is_done() const;
  // Bytes still to come of a `length` body.
  uint64_t remaining() const { return remaining_; }

 private:
  enum class State : uint8_t {
    data,        // bytes of a length, of a chunk, or until the end
    size_first,  // the first digit of a chunk size
    size,        // more digits, an extension or the line's end
    extension,   // the first character of an extension's name
    extension_name,
    extension_value,  // the first character after "="
    extension_token,
    extension_quoted,
    extension_escape,
    extension_end,  // after a closing quote
    size_lf,
    data_cr,
    data_lf,
    trailer,
    done,
  };

  std::unexpected<Error> refuse(Code code) const;
  // Consumes framing up to body bytes, the end or the input's end.
  Code read_framing(std::string_view input, size_t& at, HeaderMap* trailers);
  bool read_size_byte(char c);
  bool add_digit(char c);
  bool end_size_line();
  Code read_trailer(std::string_view input, size_t& at, HeaderMap* trailers);
  Code keep_trailer(std::string_view name, std::string_view value, HeaderMap* trailers) const;
  Piece take_data(std::string_view input, size_t at);

  BodyKind kind_ = BodyKind::none;
  State state_ = State::done;
  HeadParser::Kind from_ = HeadParser::Kind::request;
  uint8_t digits_ = 0;
  uint16_t trailers_ = 0;
  uint64_t remaining_ = 0;
  uint32_t extension_bytes_ = 0;
  uint32_t trailer_bytes_ = 0;
  HeadLimits limits_;
};

}  // namespace fairlead::http
