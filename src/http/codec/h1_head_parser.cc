// The head parser: a state machine that looks at every byte once, left to right. In the usual case
// the whole head is there at the first call and its fields are noted while it is checked; a head
// that arrives in pieces is only checked piece by piece, and read again from its beginning when it
// is complete, because the input may have moved meanwhile.
#include <cstring>

#include "http/codec/h1_parser.h"
#include "http/codec/h1_scan.h"
#include "http/codec/h1_start_line.h"

namespace fairlead::http {
namespace {

constexpr size_t kMethodBytes = 32;
}  // namespace

struct HeadParser::Parts {
  std::string_view method;
  std::string_view target;
  std::string_view reason;
  Version version = Version::http11;
  uint16_t status = 0;
  HeaderMap* fields = nullptr;

  // Copies the head into the arena and lets every view point there.
  void move_to(Arena& arena, std::string_view head) {
    std::string_view copy = arena.copy(head);
    auto move = [&](std::string_view& view) {
      if (!view.empty())
        view = copy.substr(static_cast<size_t>(view.data() - head.data()), view.size());
    };
    move(method);
    move(target);
    move(reason);
    for (Field& field : fields->fields()) {
      move(field.name);
      move(field.value);
    }
  }
};

void HeadParser::reset() {
  state_ = State::start;
  is_complete_ = false;
  fields_ = 0;
  scanned_ = line_start_ = mark_ = 0;
}

Result<size_t> HeadParser::parse(std::string_view input, Arena& arena, RequestHead& head) {
  Parts parts;
  parts.fields = &head.headers;
  Code code = parse_parts(input, parts);
  if (code == Code::would_block) return size_t{0};
  size_t bytes = scanned_;
  reset();
  if (code != Code::ok) return fail(code, Side::client, Stage::head);
  parts.move_to(arena, input.substr(0, bytes));
  head.method_text = parts.method;
  head.method = method_of(parts.method);
  head.target = parts.target;
  head.version = parts.version;
  return bytes;
}

Result<size_t> HeadParser::parse(std::string_view input, Arena& arena, ResponseHead& head) {
  Parts parts;
  parts.fields = &head.headers;
  Code code = parse_parts(input, parts);
  if (code == Code::would_block) return size_t{0};
  size_t bytes = scanned_;
  reset();
  if (code != Code::ok) return fail(code, Side::upstream, Stage::response_head);
  parts.move_to(arena, input.substr(0, bytes));
  head.status = parts.status;
  head.version = parts.version;
  head.reason = parts.reason;
  return bytes;
}

Code HeadParser::parse_parts(std::string_view input, Parts& parts) {
  bool is_first_look = scanned_ == 0;
  parts.fields->clear();
  if (is_first_look) return advance(input, &parts);
  Code code = advance(input, nullptr);
  if (code != Code::ok) return code;
  size_t bytes = scanned_;
  reset();
  return advance(input.substr(0, bytes), &parts);
}

Code HeadParser::advance(std::string_view input, Parts* parts) {
  while (!is_complete_) {
    if (state_ == State::line && parts != nullptr) take_known_lines(input, *parts);
    // Invariant: nothing past a limit is looked at, so that the limit is reported however the input
    // was cut.
    size_t limit =
        std::min<size_t>(limits_.head_bytes, size_t{line_start_} + limits_.line_bytes + 2);
    bool is_limited = input.size() >= limit;
    Code code = step(input, input.data() + std::min(input.size(), limit), parts);
    if (code == Code::would_block) return is_limited ? too_long() : code;
    if (code != Code::ok) return code;
  }
  return Code::ok;
}

Code HeadParser::too_long() const {
  bool is_request_line = kind_ == Kind::request && state_ <= State::version;
  return is_request_line ? Code::target_too_long : Code::head_too_large;
}

void HeadParser::next_line(size_t at) {
  scanned_ = line_start_ = mark_ = static_cast<uint32_t>(at);
  state_ = State::line;
}

Code HeadParser::step(std::string_view input, const char* end, Parts* parts) {
  switch (state_) {
    case State::start:
    case State::second_start:
      return on_start(input, end);
    case State::method:
      return on_method(input, end, parts);
    case State::target:
      return on_target(input, end, parts);
    case State::version:
      return on_version(input, end, parts);
    case State::status:
      return on_status(input, end, parts);
    case State::line:
      return on_line(input, end);
    case State::name:
      return on_name(input, end);
    case State::value:
      return on_value(input, end, parts);
  }
  return Code::internal;
}

Code HeadParser::on_start(std::string_view input, const char* end) {
  if (kind_ == Kind::response) {
    state_ = State::status;
    return Code::ok;
  }
  const char* at = input.data() + scanned_;
  if (at == end) return Code::would_block;
  if (state_ == State::start && (*at == '\r' || *at == '\n')) {
    Code code = h1::line_end(at, end, Code::bad_request_line);
    if (code != Code::ok) return code;
    next_line(scanned_ + 2);
    state_ = State::second_start;
    return Code::ok;
  }
  state_ = State::method;
  return Code::ok;
}

Code HeadParser::on_method(std::string_view input, const char* end, Parts* parts) {
  const char* from = input.data() + line_start_;
  const char* stop = std::min(end, from + kMethodBytes + 1);
  const char* at = h1::skip_token(input.data() + scanned_, stop);
  scanned_ = static_cast<uint32_t>(at - input.data());
  if (at == stop) return at == from + kMethodBytes + 1 ? Code::bad_method : Code::would_block;
  if (*at != ' ') {
    Code code = h1::line_end(at, end, Code::bad_method);
    return code == Code::ok ? Code::bad_request_line : code;
  }
  if (at == from) return Code::bad_request_line;
  if (parts != nullptr) parts->method = {from, static_cast<size_t>(at - from)};
  mark_ = ++scanned_;
  state_ = State::target;
  return Code::ok;
}

Code HeadParser::on_target(std::string_view input, const char* end, Parts* parts) {
  const char* from = input.data() + mark_;
  const char* at = h1::skip_target(input.data() + scanned_, end);
  scanned_ = static_cast<uint32_t>(at - input.data());
  if (at == end) return Code::would_block;
  if (*at != ' ') {
    Code code = h1::line_end(at, end, Code::bad_target);
    return code == Code::ok ? Code::bad_request_line : code;
  }
  if (at == from) return Code::bad_request_line;
  if (parts != nullptr) parts->target = {from, static_cast<size_t>(at - from)};
  mark_ = ++scanned_;
  state_ = State::version;
  return Code::ok;
}

Code HeadParser::on_version(std::string_view input, const char* end, Parts* parts) {
  const char* from = input.data() + mark_;
  const char* at = h1::skip_target(input.data() + scanned_, end);
  scanned_ = static_cast<uint32_t>(at - input.data());
  if (at == end) return Code::would_block;
  Code code = h1::line_end(at, end, Code::bad_request_line);
  if (code != Code::ok) return code;
  std::string_view text(from, static_cast<size_t>(at - from));
  Version version;
  code = h1::read_version(text, version, Code::bad_request_line);
  if (code != Code::ok) return code;
  if (parts != nullptr) parts->version = version;
  next_line(scanned_ + 2);
  return Code::ok;
}

Code HeadParser::on_status(std::string_view input, const char* end, Parts* parts) {
  const char* at = h1::skip_text(input.data() + scanned_, end);
  scanned_ = static_cast<uint32_t>(at - input.data());
  if (at == end) return Code::would_block;
  Code code = h1::line_end(at, end, Code::bad_status_line);
  if (code != Code::ok) return code;
  Parts unused;
  Parts& to = parts != nullptr ? *parts : unused;
  code = h1::read_status_line(input.substr(0, scanned_), to.version, to.status, to.reason);
  if (code == Code::ok) next_line(scanned_ + 2);
  return code;
}

// Whole lines with a name of field_names.inc, which are most, in one go. Whatever is not plainly
// right (limits, faults, other names, what has not arrived) is left to the machine, at the line's
// start.
void HeadParser::take_known_lines(std::string_view input, Parts& parts) {
  const char* at = input.data() + scanned_;
  const char* stop = input.data() + std::min<size_t>(input.size(), limits_.head_bytes);
  while (fields_ < limits_.fields && at < stop && *at != '\r') {
    size_t limit = std::min<size_t>(static_cast<size_t>(stop - at), size_t{limits_.line_bytes} + 2);
    const char* end = at + limit;
    const char* colon = h1::find_colon(at, end);
    if (colon == end) break;
    std::string_view name(at, static_cast<size_t>(colon - at));
    FieldId id = field_id(name);
    if (id == FieldId::other) break;
    const char* value = colon + 1;
    const char* value_end = h1::skip_text(value, end);
    if (end - value_end < 2 || value_end[0] != '\r' || value_end[1] != '\n') break;
    std::string_view text(value, static_cast<size_t>(value_end - value));
    parts.fields->add(Field{name, trim_blanks(text), id});
    ++fields_;
    at = value_end + 2;
  }
  next_line(static_cast<size_t>(at - input.data()));
}

Code HeadParser::on_line(std::string_view input, const char* end) {
  const char* at = input.data() + scanned_;
  if (at == end) return Code::would_block;
  if (*at == '\r' || *at == '\n') {
    Code code = h1::line_end(at, end, Code::bad_line_end);
    if (code != Code::ok) return code;
    scanned_ += 2;
    is_complete_ = true;
    return Code::ok;
  }
  if (is_blank(*at)) return Code::obsolete_folding;
  if (fields_ == limits_.fields) return Code::too_many_fields;
  ++fields_;
  state_ = State::name;
  return Code::ok;
}

Code HeadParser::on_name(std::string_view input, const char* end) {
  const char* at = h1::skip_token(input.data() + scanned_, end);
  scanned_ = static_cast<uint32_t>(at - input.data());
  if (at == end) return Code::would_block;
  if (*at != ':') {
    Code code = h1::line_end(at, end, Code::bad_header_name);
    return code == Code::ok ? Code::bad_header_name : code;
  }
  if (scanned_ == line_start_) return Code::bad_header_name;
  mark_ = ++scanned_;
  state_ = State::value;
  return Code::ok;
}

Code HeadParser::on_value(std::string_view input, const char* end, Parts* parts) {
  const char* at = h1::skip_text(input.data() + scanned_, end);
  scanned_ = static_cast<uint32_t>(at - input.data());
  if (at == end) return Code::would_block;
  Code code = h1::line_end(at, end, Code::bad_header_value);
  if (code != Code::ok) return code;
  if (parts != nullptr) {
    std::string_view name = input.substr(line_start_, mark_ - 1 - line_start_);
    std::string_view value = trim_blanks(input.substr(mark_, scanned_ - mark_));
    parts->fields->add(Field{name, value, field_id(name)});
  }
  next_line(scanned_ + 2);
  return Code::ok;
}

}  // namespace fairlead::http
