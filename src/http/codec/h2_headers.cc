#include "http/codec/h2_headers.h"

#include "http/codec/h1_scan.h"
#include "http/trailer_names.h"

namespace fairlead::http {
namespace {

// Tokens in lower case (RFC 9113 §8.2.1).
bool is_h2_name(std::string_view name) {
  for (char c : name) {
    if (!is_token_char(c) || (c >= 'A' && c <= 'Z')) return false;
  }
  return !name.empty();
}

bool is_h2_value(std::string_view value) {
  if (value.empty()) return true;
  if (is_blank(value.front()) || is_blank(value.back())) return false;
  const char* end = value.data() + value.size();
  return h1::skip_text(value.data(), end) == end;
}

// RFC 9113 §8.2.2.
bool is_connection_specific(FieldId id, std::string_view value) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
      return true;
    case FieldId::te:
      return !equals_ignore_case(value, "trailers");
    default:
      return false;
  }
}

bool is_target_text(std::string_view target) {
  const char* end = target.data() + target.size();
  return h1::skip_target(target.data(), end) == end;
}

}  // namespace

bool is_malformed(Code code) {
  switch (code) {
    case Code::bad_header_name:
    case Code::bad_header_value:
    case Code::bad_trailer:
    case Code::bad_content_length:
    case Code::bad_transfer_encoding:
    case Code::h2_bad_pseudo_header:
      return true;
    default:
      return false;
  }
}

Code H2HeaderBlock::check_limits(std::string_view name, std::string_view value) {
  size_t text = name.size() + value.size();
  charged_bytes_ += text + kFieldCharge;
  bool is_cookie = name == "cookie";
  bool is_pseudo = name.starts_with(':');
  if (is_cookie) {
    ++crumbs_;
  } else if (!is_pseudo) {
    ++fields_;
  }
  is_flood_ = charged_bytes_ > size_t{limits_.head_bytes} * kFloodFactor ||
              fields_ > limits_.fields * kFloodFactor || crumbs_ > limits_.crumbs * kFloodFactor;
  if (text > limits_.field_bytes || charged_bytes_ > limits_.head_bytes)
    return Code::head_too_large;
  if (fields_ > limits_.fields || crumbs_ > limits_.crumbs) return Code::too_many_fields;
  return Code::ok;
}

void H2HeaderBlock::add(std::string_view name, std::string_view value, HeaderMap& into) {
  Code limited = check_limits(name, value);
  if (fault_ != Code::ok) return;
  fault_ = limited;
  if (fault_ != Code::ok) return;
  fault_ =
      name.starts_with(':') ? add_pseudo(name, value, into.arena()) : add_field(name, value, into);
}

Code H2HeaderBlock::add_pseudo(std::string_view name, std::string_view value, Arena& arena) {
  if (kind_ == Kind::trailers || has_regular_) return Code::h2_bad_pseudo_header;
  std::string_view* place = nullptr;
  if (name == ":method") place = &method_;
  if (name == ":scheme") place = &scheme_;
  if (name == ":path") place = &path_;
  if (name == ":authority") place = &authority_;
  if (name == ":protocol") place = &protocol_;
  // None of them may be empty, so an empty place is one that has not been filled.
  if (place == nullptr || !place->empty() || value.empty()) return Code::h2_bad_pseudo_header;
  if (!is_h2_value(value)) return Code::h2_bad_pseudo_header;
  *place = arena.copy(value);
  return Code::ok;
}

Code H2HeaderBlock::add_field(std::string_view name, std::string_view value, HeaderMap& into) {
  has_regular_ = true;
  if (!is_h2_name(name)) return Code::bad_header_name;
  if (!is_h2_value(value)) return Code::bad_header_value;
  FieldId id = field_id(name);
  if (is_connection_specific(id, value)) return Code::bad_header_name;
  Arena& arena = into.arena();
  if (kind_ == Kind::trailers) {
    if (is_forbidden_trailer(name)) return Code::bad_trailer;
    into.add(arena.copy(name), arena.copy(value));
    return Code::ok;
  }
  if (id == FieldId::cookie) cookie_bytes_ += value.size() + 2;
  std::string_view kept = arena.copy(value);
  if (id == FieldId::priority) priority_ = kept;
  into.add(Field{id == FieldId::other ? arena.copy(name) : field_name(id), kept, id});
  return Code::ok;
}

Code H2HeaderBlock::check_pseudo(RequestHead& head) {
  if (method_.empty()) return Code::h2_bad_pseudo_header;
  if (!is_token(method_)) return Code::bad_method;
  head.method = method_of(method_);
  bool is_connect = head.method == Method::connect;
  if (!protocol_.empty() && !is_connect) return Code::h2_bad_pseudo_header;
  if (is_connect && protocol_.empty()) {
    // RFC 9113 §8.5: a tunnel to anywhere has no scheme and no path. Not served.
    bool is_plain = scheme_.empty() && path_.empty() && !authority_.empty();
    return is_plain ? Code::connect_unsupported : Code::h2_bad_pseudo_header;
  }
  if (scheme_.empty() || path_.empty()) return Code::h2_bad_pseudo_header;
  if (is_connect && authority_.empty()) return Code::h2_bad_pseudo_header;
  bool is_asterisk = path_ == "*" && head.method == Method::options;
  if (!is_asterisk && !path_.starts_with('/')) return Code::h2_bad_pseudo_header;
  if (!is_target_text(path_)) return Code::h2_bad_pseudo_header;
  if (!equals_ignore_case(scheme_, "http") && !equals_ignore_case(scheme_, "https")) {
    return Code::bad_target;
  }
  if (is_connect && protocol_ != "websocket") return Code::connect_unsupported;
  return Code::ok;
}

// RFC 9113 §8.2.3: one field, for everyone who knows nothing of HTTP/2.
void H2HeaderBlock::join_cookies(HeaderMap& headers) {
  if (crumbs_ < 2) return;
  char* text = headers.arena().take_chars(cookie_bytes_);
  size_t at = 0;
  Field* first = nullptr;
  for (Field& field : headers.fields()) {
    if (field.id != FieldId::cookie) continue;
    if (first == nullptr) {
      first = &field;
    } else {
      text[at++] = ';';
      text[at++] = ' ';
    }
    at += field.value.copy(text + at, field.value.size());
  }
  first->value = {text, at};
  headers.remove_if(
      [&](const Field& field) { return field.id == FieldId::cookie && &field != first; });
}

Code H2HeaderBlock::finish(RequestHead& head, bool ends_stream) {
  if (fault_ != Code::ok) return fault_;
  fault_ = check_pseudo(head);
  if (fault_ != Code::ok) return fault_;
  join_cookies(head.headers);
  head.version = Version::http2;
  head.method_text = method_;
  head.target = path_;
  head.authority = authority_;
  head.body_kind = ends_stream ? BodyKind::none : BodyKind::chunked;
  if (head.method == Method::connect) {
    if (ends_stream) return fault_ = Code::bad_upgrade;
    is_websocket_ = true;
    head.method = Method::get;
    head.method_text = "GET";
    head.body_kind = BodyKind::none;
  }
  return Code::ok;
}

StreamPriority read_priority(std::string_view field) {
  StreamPriority priority;
  if (field.empty()) return priority;
  priority.is_incremental = false;
  ListReader list(field);
  std::string_view member;
  while (list.next(member)) {
    if (member == "i" || member == "i=?1") priority.is_incremental = true;
    if (member == "i=?0") priority.is_incremental = false;
    if (member.size() == 3 && member.starts_with("u=") && member[2] >= '0' && member[2] <= '7') {
      priority.urgency = static_cast<uint8_t>(member[2] - '0');
    }
  }
  return priority;
}

}  // namespace fairlead::http
