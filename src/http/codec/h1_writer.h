// Heads → HTTP/1 bytes. Everything is serialised from parsed fields; no received byte is copied
// through unparsed (RFC 9112). Pure functions into a caller's buffer. Invariant: no control
// character leaves in a head. Whatever a middleware put into a field, CR, LF and NUL become blanks
// and a name that is no token takes its field along; response splitting ends here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http/message.h"

namespace fairlead::http {

// How the body of an outgoing message is framed; the writer adds exactly one framing field and
// drops every Content-Length, Transfer-Encoding, Connection, Keep-Alive, TE, Trailer, Upgrade found
// in the headers.
struct Framing {
  BodyKind kind = BodyKind::none;
  uint64_t length = 0;        // for BodyKind::length
  bool is_keep_alive = true;  // false writes "Connection: close"
  bool writes_length_zero =
      false;  // kind none: write "Content-Length: 0" (a response with an empty body, a POST)
  std::string_view upgrade = {};    // writes "Connection: Upgrade" and "Upgrade: <this>"
  bool passes_te_trailers = false;  // request only: "TE: trailers" (with Connection: TE)
  bool names_keep_alive =
      false;  // response only: "Connection: keep-alive", for an HTTP/1.0 client that asked for it
};

// DNS allows 253, a port takes 6 more.
inline constexpr size_t kHostBytes = 1024;

// An upper bound of what write_* will produce.
size_t head_bytes(const RequestHead& head, const Framing& framing);
size_t head_bytes(const ResponseHead& head, const Framing& framing);

// "GET /path?query HTTP/1.1", "Host:" first with `host`, then the fields (Host dropped), then
// framing, then the empty line. `out` has at least head_bytes(); returns the bytes written. A host
// of more than kHostBytes is written as empty.
size_t write_request_head(const RequestHead& head, std::string_view host, const Framing& framing,
                          char* out);
// Status line, the fields, framing, the empty line. 1xx and 204 never get a framing field; 304
// keeps a Content-Length only when framing says length. HEAD answers: pass kind length with writes
// nothing of the body.
size_t write_response_head(const ResponseHead& head, const Framing& framing, char* out);

// Chunk framing: "<hex>\r\n" into out (at least 18 bytes); the chunk is followed by "\r\n".
size_t write_chunk_size(uint64_t bytes, char* out);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
// "0\r\n" + trailer fields + "\r\n"; `out` has at least trailer_bytes().
size_t trailer_bytes(const HeaderMap& trailers);
size_t write_last_chunk(const HeaderMap& trailers, char* out);

}  // namespace fairlead::http
