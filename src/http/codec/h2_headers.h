// The field lines of an HTTP/2 message → RequestHead or trailers, with every rule of RFC 9113 §8.2,
// §8.3 and RFC 8441 §4. Limits hold while HPACK decodes: what is over them is counted and never
// kept. Pure, arena for the text; one stream.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "http/codec/h2_limits.h"
#include "http/message.h"

namespace fairlead::http {

// One header block: a head, or trailers.
class H2HeaderBlock {
 public:
  enum class Kind : uint8_t { request, trailers };
  H2HeaderBlock(Kind kind, const H2Limits& limits) : limits_(limits), kind_(kind) {}

  // A decoded field. The first fault is remembered; after it, nothing is kept.
  void add(std::string_view name, std::string_view value, HeaderMap& into);
  // The end of a request's block: fills method, target, authority, version, body_kind; joins
  // cookies. What remains for http/semantics.h is the meaning. An extended CONNECT for WebSocket
  // becomes a GET with is_websocket().
  Code finish(RequestHead& head, bool ends_stream);

  // Keeps nothing from now on.
  void refuse(Code code) {
    if (fault_ == Code::ok) fault_ = code;
  }
  // The first fault so far, or ok.
  Code fault() const { return fault_; }
  // Far over the limits.
  bool is_flood() const { return is_flood_; }
  // The memory it stands for, by the charge.
  size_t charged_bytes() const { return charged_bytes_; }
  bool is_websocket() const { return is_websocket_; }
  // The Priority field (RFC 9218), "" when there was none.
  std::string_view priority() const { return priority_; }

 private:
  Code check_limits(std::string_view name, std::string_view value);
  Code add_pseudo(std::string_view name, std::string_view value, Arena& arena);
  Code add_field(std::string_view name, std::string_view value, HeaderMap& into);
  Code check_pseudo(RequestHead& head);
  void join_cookies(HeaderMap& headers);

  const H2Limits& limits_;
  Kind kind_;
  Code fault_ = Code::ok;
  bool is_flood_ = false;
  bool has_regular_ = false;
  bool is_websocket_ = false;
  uint32_t fields_ = 0;
  uint32_t crumbs_ = 0;
  size_t cookie_bytes_ = 0;
  size_t charged_bytes_ = 0;
  std::string_view method_, scheme_, path_, authority_, protocol_, priority_;
};

// Whether a head with this fault is malformed (RFC 9113 §8.1.1: the stream is reset) or only
// refused (an answer is sent).
bool is_malformed(Code code);

// RFC 9218 §4; urgency 3. Why incremental without a word from the client: side by side is what
// clients that say nothing are used to.
struct StreamPriority {
  uint8_t urgency = 3;
  bool is_incremental = true;
};
StreamPriority read_priority(std::string_view field);

}  // namespace fairlead::http
