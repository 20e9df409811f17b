// Where a message's body ends and what becomes of its connection (RFC 9112 §6, §9; RFC 9110 §7.8,
// §10.1.1).
#include <limits>

#include "http/ascii.h"
#include "http/semantics_parts.h"

namespace fairlead::http {
namespace {

constexpr size_t kLengthDigits = 19;
constexpr std::string_view kWebSocketVersion = "13";
constexpr size_t kWebSocketKeyBytes = 24;  // base64 of 16 bytes

void read_connection(std::string_view value, DecisiveFields& fields) {
  ListReader list(value);
  std::string_view option;
  while (list.next(option)) {
    if (equals_ignore_case(option, "close")) fields.says_close = true;
    if (equals_ignore_case(option, "keep-alive")) fields.says_keep_alive = true;
    if (equals_ignore_case(option, "upgrade")) fields.says_upgrade = true;
  }
}

bool is_keep_alive(Version version, const DecisiveFields& fields) {
  if (version >= Version::http2) return true;
  if (fields.says_close) return false;
  return version == Version::http11 || fields.says_keep_alive;
}

// `chunked`, once and alone: any other coding would have to be decoded here, or hides the framing.
Code check_codings(Version version, const DecisiveFields& fields) {
  if (version != Version::http11) return Code::bad_transfer_encoding;
  if (fields.transfer_encodings != 1) return Code::bad_transfer_encoding;
  std::string_view value = fields.transfer_encoding->value;
  if (equals_ignore_case(value, "chunked")) return Code::ok;
  ListReader list(value);
  std::string_view coding;
  bool is_other = false;
  while (list.next(coding)) {
    if (!is_token(coding)) return Code::bad_transfer_encoding;
    if (!equals_ignore_case(coding, "chunked")) is_other = true;
  }
  return is_other ? Code::unknown_transfer_coding : Code::bad_transfer_encoding;
}

Code check_expect(RequestHead& head, const DecisiveFields& fields) {
  head.expects_continue = false;
  if (fields.expects == 0) return Code::ok;
  if (fields.expects != 1 || !equals_ignore_case(fields.expect->value, "100-continue")) {
    return Code::bad_expect;
  }
  bool has_body = head.body_kind == BodyKind::chunked ||
                  (head.body_kind == BodyKind::length && head.content_length > 0);
  head.expects_continue = has_body && head.version != Version::http10;
  return Code::ok;
}

bool is_websocket_key(std::string_view key) {
  if (key.size() != kWebSocketKeyBytes || !key.ends_with("==")) return false;
  for (char c : key.substr(0, kWebSocketKeyBytes - 2)) {
    if (!is_token_char(c) && c != '/') return false;
    bool is_base64 =
        is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '+' || c == '/';
    if (!is_base64) return false;
  }
  return true;
}

// RFC 9110 §7.8: protocol-name ["/" protocol-version], one of them.
bool is_protocol(std::string_view text) {
  size_t slash = text.find('/');
  if (!is_token(text.substr(0, slash))) return false;
  return slash == std::string_view::npos || is_token(text.substr(slash + 1));
}

// Why: another HTTP version behind our back would carry requests that nobody checks (h2c
// smuggling).
bool is_http_protocol(std::string_view protocol) {
  std::string_view name = protocol.substr(0, protocol.find('/'));
  auto starts = [&](std::string_view with) {
    return name.size() >= with.size() && equals_ignore_case(name.substr(0, with.size()), with);
  };
  return starts("h2") || starts("h3") || equals_ignore_case(name, "http");
}

bool is_upgrade(const RequestHead& head, const DecisiveFields& fields) {
  if (head.method != Method::get || head.version != Version::http11) return false;
  if (!fields.says_upgrade || fields.upgrades != 1) return false;
  if (head.body_kind == BodyKind::chunked || head.content_length > 0) return false;
  std::string_view protocol = fields.upgrade->value;
  if (!is_protocol(protocol) || is_http_protocol(protocol)) return false;
  if (!equals_ignore_case(protocol.substr(0, protocol.find('/')), "websocket")) return true;
  return protocol.size() == 9 && fields.websocket_keys == 1 && fields.websocket_versions == 1 &&
         fields.websocket_version->value == kWebSocketVersion &&
         is_websocket_key(fields.websocket_key->value);
}

// HTTP/2 frames its bodies: the codec sets `none` when the stream ended with the head, else
// `chunked`, and a length is a promise that the codec holds the stream to.
Code frame_streamed(RequestHead& head, const DecisiveFields& fields) {
  if (fields.transfer_encodings != 0) return Code::bad_transfer_encoding;
  bool has_body = head.body_kind != BodyKind::none;
  head.content_length = 0;
  if (fields.content_lengths == 0) return Code::ok;
  if (fields.content_lengths != 1 ||
      !read_content_length(fields.content_length->value, head.content_length)) {
    return Code::bad_content_length;
  }
  if (!has_body && head.content_length > 0) return Code::bad_content_length;
  head.body_kind = BodyKind::length;
  return Code::ok;
}

Code frame_body(RequestHead& head, const DecisiveFields& fields) {
  if (head.version >= Version::http2) return frame_streamed(head, fields);
  head.body_kind = BodyKind::none;
  head.content_length = 0;
  if (fields.transfer_encodings != 0) {
    if (fields.content_lengths != 0) return Code::length_and_chunked;
    Code code = check_codings(head.version, fields);
    if (code != Code::ok) return code;
    head.body_kind = BodyKind::chunked;
    return Code::ok;
  }
  if (fields.content_lengths == 0) return Code::ok;
  if (fields.content_lengths != 1 ||
      !read_content_length(fields.content_length->value, head.content_length)) {
    return Code::bad_content_length;
  }
  head.body_kind = BodyKind::length;
  return Code::ok;
}

// Identical repetitions are common among servers and mean what they say; anything else does not
// (RFC 9112 §6.3).
Code fold_lengths(ResponseHead& head, const DecisiveFields& fields) {
  std::string_view first;
  for (const Field& field : head.headers.fields()) {
    if (field.id != FieldId::content_length) continue;
    ListReader list(field.value);
    std::string_view member;
    while (list.next(member)) {
      if (first.data() == nullptr) first = member;
      if (member.empty() || member != first) return Code::bad_content_length;
    }
  }
  if (!read_content_length(first, head.content_length)) return Code::bad_content_length;
  if (fields.content_lengths > 1 || first.size() != fields.content_length->value.size()) {
    head.headers.set(FieldId::content_length, first);
  }
  return Code::ok;
}

Code frame_response(ResponseHead& head, const DecisiveFields& fields) {
  head.content_length = 0;
  head.body_kind = BodyKind::until_close;
  if (fields.transfer_encodings != 0) {
    Code code = check_codings(head.version, fields);
    if (code != Code::ok) return code;
    head.body_kind = BodyKind::chunked;
    if (fields.content_lengths == 0) return Code::ok;
    head.headers.remove(FieldId::content_length);
    head.is_keep_alive = false;
    return Code::ok;
  }
  if (fields.content_lengths == 0) {
    return Code::ok;
  }
  head.body_kind = BodyKind::length;
  return fold_lengths(head, fields);
}

// HTTP/2: the codec knows whether the stream goes on.
Code frame_streamed_response(ResponseHead& head, const DecisiveFields& fields) {
  if (fields.transfer_encodings != 0) return Code::bad_transfer_encoding;
  bool has_body = head.body_kind != BodyKind::none;
  head.content_length = 0;
  if (has_body) head.body_kind = BodyKind::chunked;
  if (fields.content_lengths == 0) return Code::ok;
  Code code = fold_lengths(head, fields);
  if (code == Code::ok && has_body) head.body_kind = BodyKind::length;
  return code;
}

bool never_has_body(const ResponseHead& head, Method method) {
  return method == Method::head || head.status < 200 || head.status == 204 || head.status == 304;
}

// Why: the peer may believe that it sends a body all the same, and its next answer would begin in
// the middle of it.
bool announces_body_wrongly(const ResponseHead& head) {
  bool is_empty_status = head.status < 200 || head.status == 204;
  return is_empty_status && (head.body_kind == BodyKind::chunked || head.content_length > 0);
}

Code judge_response(ResponseHead& head, Method method, bool is_upgrade_expected) {
  DecisiveFields fields = find_decisive(head.headers);
  head.is_keep_alive = is_keep_alive(head.version, fields);
  if (head.status == 101) {
    bool is_valid = is_upgrade_expected && head.version == Version::http11 &&
                    fields.upgrades == 1 && is_protocol(fields.upgrade->value);
    if (!is_valid) return Code::bad_upgrade;
  }
  Code code = head.version >= Version::http2 ? frame_streamed_response(head, fields)
                                             : frame_response(head, fields);
  if (code != Code::ok) return code;
  if (never_has_body(head, method)) {
    if (announces_body_wrongly(head)) head.is_keep_alive = false;
    head.body_kind = BodyKind::none;
  }
  if (head.body_kind == BodyKind::until_close) head.is_keep_alive = false;
  return Code::ok;
}

}  // namespace

DecisiveFields find_decisive(const HeaderMap& headers) {
  DecisiveFields found;
  auto note = [](const Field& field, const Field*& last, uint16_t& count) {
    last = &field;
    if (count < 2) ++count;
  };
  for (const Field& field : headers.fields()) {
    switch (field.id) {
      case FieldId::content_length:
        note(field, found.content_length, found.content_lengths);
        break;
      case FieldId::transfer_encoding:
        note(field, found.transfer_encoding, found.transfer_encodings);
        break;
      case FieldId::host:
        note(field, found.host, found.hosts);
        break;
      case FieldId::expect:
        note(field, found.expect, found.expects);
        break;
      case FieldId::upgrade:
        note(field, found.upgrade, found.upgrades);
        break;
      case FieldId::sec_websocket_key:
        note(field, found.websocket_key, found.websocket_keys);
        break;
      case FieldId::sec_websocket_version:
        note(field, found.websocket_version, found.websocket_versions);
        break;
      case FieldId::connection:
        read_connection(field.value, found);
        break;
      default:
        break;
    }
  }
  return found;
}

bool read_content_length(std::string_view text, uint64_t& length) {
  if (text.empty() || text.size() > kLengthDigits) return false;
  uint64_t value = 0;  // 19 digits fit
  for (char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
  length = value;
  return true;
}

Code frame_request(RequestHead& head, const DecisiveFields& fields) {
  if (head.method == Method::connect) return Code::connect_unsupported;
  Code code = frame_body(head, fields);
  if (code != Code::ok) return code;
  if (head.method == Method::trace) {  // RFC 9110 §9.3.8: no content
    if (head.body_kind == BodyKind::chunked) return Code::bad_transfer_encoding;
    if (head.content_length > 0) return Code::bad_content_length;
  }
  head.is_keep_alive = is_keep_alive(head.version, fields);
  head.wants_upgrade = is_upgrade(head, fields);
  head.upgrade = head.wants_upgrade ? fields.upgrade->value : std::string_view();
  return check_expect(head, fields);
}

Result<void> check_response(ResponseHead& head, Method request_method, bool is_upgrade_expected) {
  Code code = judge_response(head, request_method, is_upgrade_expected);
  if (code != Code::ok) return fail(code, Side::upstream, Stage::response_head);
  return {};
}

}  // namespace fairlead::http
