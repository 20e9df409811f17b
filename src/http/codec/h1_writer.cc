#include "http/codec/h1_writer.h"

#include <charconv>
#include <cstring>

#include "http/codec/h1_scan.h"

namespace fairlead::http {
namespace {

// Every line that framing can add, with the longest number: under 200 bytes.
constexpr size_t kFramingBytes = 256;
constexpr size_t kStatusLineBytes = 32;

class Writer {
 public:
  explicit Writer(char* out) : begin_(out), at_(out) {}

  template <size_t N>
  void literal(const char (&text)[N]) {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
  }
  void text(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  // Text that a middleware may have made: control characters become blanks.
  void clean_text(std::string_view dirty) {
    char* from = at_;
    text(dirty);
    // head_bytes() leaves room behind the last field, so a short text is looked at in one load.
    if (h1::is_short_text_clean(from, dirty.size())) return;
    for (const char* bad = h1::skip_text(from, at_); bad != at_; bad = h1::skip_text(bad, at_)) {
      from[bad - from] = ' ';
    }
  }
  // The same for a target, where a blank would end it: what may not stand there is percent-encoded.
  void clean_target(std::string_view target) {
    while (!target.empty()) {
      const char* end = target.data() + target.size();
      size_t good = static_cast<size_t>(h1::skip_target(target.data(), end) - target.data());
      text(target.substr(0, good));
      if (good == target.size()) return;
      auto byte = static_cast<uint8_t>(target[good]);
      constexpr char kDigits[] = "0123456789ABCDEF";
      *at_++ = '%';
      *at_++ = kDigits[byte >> 4];
      *at_++ = kDigits[byte & 15];
      target.remove_prefix(good + 1);
    }
  }
  void number(uint64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void field(const Field& field) {
    if (field.id == FieldId::other && !is_token(field.name)) return;
    text(field.name);
    literal(": ");
    clean_text(field.value);
    literal("\r\n");
  }
  size_t written() const { return static_cast<size_t>(at_ - begin_); }

 private:
  char* begin_;
  char* at_;
};

bool is_framing(FieldId id) {
  switch (id) {
    case FieldId::content_length:
    case FieldId::transfer_encoding:
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::upgrade:
      return true;
    default:
      return false;
  }
}

size_t field_bytes(const HeaderMap& headers) {
  size_t bytes = 0;
  for (const Field& field : headers.fields()) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

void write_length(Writer& to, const Framing& framing) {
  switch (framing.kind) {
    case BodyKind::length:
      to.literal("Content-Length: ");
      to.number(framing.length);
      to.literal("\r\n");
      return;
    case BodyKind::chunked:
      to.literal("Transfer-Encoding: chunked\r\n");
      return;
    case BodyKind::none:
      if (framing.writes_length_zero) to.literal("Content-Length: 0\r\n");
      return;
    case BodyKind::until_close:
      return;
  }
}

void write_upgrade(Writer& to, std::string_view protocol) {
  to.literal("Connection: Upgrade\r\nUpgrade: ");
  to.clean_text(protocol);
  to.literal("\r\n");
}

void write_request_connection(Writer& to, const Framing& framing) {
  if (!framing.upgrade.empty()) return write_upgrade(to, framing.upgrade);
  if (framing.passes_te_trailers) {
    if (framing.is_keep_alive) {
      to.literal("TE: trailers\r\nConnection: TE\r\n");
    } else {
      to.literal("TE: trailers\r\nConnection: close, TE\r\n");
    }
  } else if (!framing.is_keep_alive) {
    to.literal("Connection: close\r\n");
  }
}

void write_response_framing(Writer& to, unsigned status, const Framing& framing) {
  bool is_interim = status < 200;
  if (is_interim) {
    if (status == 101) write_upgrade(to, framing.upgrade);
    return;
  }
  bool may_have_length = status != 204 && (status != 304 || framing.kind == BodyKind::length);
  if (may_have_length) write_length(to, framing);
  if (!framing.is_keep_alive || framing.kind == BodyKind::until_close) {
    to.literal("Connection: close\r\n");
  } else if (framing.names_keep_alive) {
    to.literal("Connection: keep-alive\r\n");
  }
}

}  // namespace

size_t head_bytes(const RequestHead& head, const Framing& framing) {
  // Three for one: the worst case of clean_target().
  return head.method_text.size() + 3 * (head.path.size() + head.query.size()) +
         field_bytes(head.headers) + framing.upgrade.size() + kHostBytes + kFramingBytes;
}

size_t head_bytes(const ResponseHead& head, const Framing& framing) {
  return kStatusLineBytes + head.reason.size() + field_bytes(head.headers) +
         framing.upgrade.size() + kFramingBytes;
}

size_t write_request_head(const RequestHead& head, std::string_view host, const Framing& framing,
                          char* out) {
  Writer to(out);
  to.text(head.method_text);
  to.literal(" ");
  to.clean_target(head.path);
  if (head.has_query) {
    to.literal("?");
    to.clean_target(head.query);
  }
  to.literal(" HTTP/1.1\r\nHost: ");
  to.clean_text(host.size() <= kHostBytes ? host : std::string_view());
  to.literal("\r\n");
  for (const Field& field : head.headers.fields()) {
    if (field.id != FieldId::host && !is_framing(field.id)) to.field(field);
  }
  write_length(to, framing);
  write_request_connection(to, framing);
  to.literal("\r\n");
  return to.written();
}

size_t write_response_head(const ResponseHead& head, const Framing& framing, char* out) {
  Writer to(out);
  if (head.status == 200 && (head.reason.empty() || head.reason == "OK")) {
    to.literal("HTTP/1.1 200 OK\r\n");
  } else {
    to.literal("HTTP/1.1 ");
    to.number(head.status);
    to.literal(" ");
    to.clean_text(head.reason.empty() ? reason_phrase(head.status) : head.reason);
    to.literal("\r\n");
  }
  for (const Field& field : head.headers.fields()) {
    if (!is_framing(field.id)) to.field(field);
  }
  write_response_framing(to, head.status, framing);
  to.literal("\r\n");
  return to.written();
}

size_t write_chunk_size(uint64_t bytes, char* out) {
  char* end = std::to_chars(out, out + 16, bytes, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  return static_cast<size_t>(end - out) + 2;
}

size_t trailer_bytes(const HeaderMap& trailers) {
  return kLastChunk.size() + field_bytes(trailers);
}

size_t write_last_chunk(const HeaderMap& trailers, char* out) {
  Writer to(out);
  to.literal("0\r\n");
  for (const Field& field : trailers.fields()) {
    if (!is_framing(field.id)) to.field(field);
  }
  to.literal("\r\n");
  return to.written();
}

}  // namespace fairlead::http
