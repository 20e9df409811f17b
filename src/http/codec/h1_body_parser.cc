// The body parser: lengths are counted, chunk framing is read byte by byte and never passed on (RFC
// 9112 §7.1).
#include <algorithm>
#include <limits>

#include "http/codec/h1_parser.h"
#include "http/codec/h1_scan.h"
#include "http/trailer_names.h"

namespace fairlead::http {
namespace {

constexpr unsigned kSizeDigits = 16;
// Why: extensions carry nothing that we pass on; a peer that sends more of them than this only
// wants the work done (CVE-2023-39326).
constexpr uint32_t kExtensionBytes = 16u << 10;
constexpr uint64_t kMostBytes = std::numeric_limits<int64_t>::max();

}  // namespace

void BodyParser::start(BodyKind kind, uint64_t length, HeadLimits trailer_limits,
                       HeadParser::Kind from) {
  *this = BodyParser();
  kind_ = kind;
  from_ = from;
  limits_ = trailer_limits;
  switch (kind) {
    case BodyKind::none:
      break;
    case BodyKind::length:
      remaining_ = length;
      state_ = length == 0 ? State::done : State::data;
      break;
    case BodyKind::chunked:
      state_ = State::size_first;
      break;
    case BodyKind::until_close:
      remaining_ = std::numeric_limits<uint64_t>::max();
      state_ = State::data;
      break;
  }
}

bool BodyParser::is_done() const { return state_ == State::done; }

std::unexpected<Error> BodyParser::refuse(Code code) const {
  return fail(code, from_ == HeadParser::Kind::request ? Side::client : Side::upstream,
              Stage::body);
}

Result<void> BodyParser::finish_at_eof() {
  if (kind_ == BodyKind::until_close) state_ = State::done;
  if (state_ != State::done) return refuse(Code::body_truncated);
  return {};
}

Result<BodyParser::Piece> BodyParser::parse(std::string_view input, HeaderMap* trailers) {
  size_t at = 0;
  Code code = read_framing(input, at, trailers);
  if (code != Code::ok) return refuse(code);
  Piece piece = take_data(input, at);
  // What follows the data is framing too: a small body is complete with one call.
  code = read_framing(input, piece.consumed, trailers);
  if (code != Code::ok) return refuse(code);
  piece.is_end = state_ == State::done;
  return piece;
}

BodyParser::Piece BodyParser::take_data(std::string_view input, size_t at) {
  Piece piece;
  piece.consumed = at;
  if (state_ != State::data) return piece;
  piece.bytes =
      input.substr(at, static_cast<size_t>(std::min<uint64_t>(remaining_, input.size() - at)));
  piece.consumed += piece.bytes.size();
  if (kind_ == BodyKind::until_close) return piece;
  remaining_ -= piece.bytes.size();
  if (remaining_ == 0) state_ = kind_ == BodyKind::chunked ? State::data_cr : State::done;
  return piece;
}

Code BodyParser::read_framing(std::string_view input, size_t& at, HeaderMap* trailers) {
  while (at < input.size()) {
    switch (state_) {
      case State::data:
      case State::done:
        return Code::ok;
      case State::trailer: {
        size_t before = at;
        Code code = read_trailer(input, at, trailers);
        if (code != Code::ok) return code;
        if (at == before) return Code::ok;
        break;
      }
      default:
        if (!read_size_byte(input[at])) return Code::bad_chunk;
        ++at;
    }
  }
  return Code::ok;
}

// One byte of the lines between chunks; false when it may not stand there.
bool BodyParser::read_size_byte(char c) {
  auto go = [this](State next) {
    state_ = next;
    return true;
  };
  bool is_extension = state_ >= State::extension && state_ <= State::extension_end;
  if (is_extension && ++extension_bytes_ > kExtensionBytes) return false;
  switch (state_) {
    case State::size_first:
      remaining_ = 0;
      digits_ = 0;
      return add_digit(c) && go(State::size);
    case State::size:
    case State::extension_end:
    case State::extension_name:
    case State::extension_token:
      if (c == '\r') return go(State::size_lf);
      if (c == ';') return go(State::extension);
      if (state_ == State::size) return add_digit(c);
      if (state_ == State::extension_name && c == '=') return go(State::extension_value);
      return state_ != State::extension_end && is_token_char(c);
    case State::extension:
      return is_token_char(c) && go(State::extension_name);
    case State::extension_value:
      if (c == '"') return go(State::extension_quoted);
      return is_token_char(c) && go(State::extension_token);
    case State::extension_quoted:
      if (c == '"') return go(State::extension_end);
      if (c == '\\') return go(State::extension_escape);
      return is_quoted_char(c);
    case State::extension_escape:
      return is_text_char(c) && go(State::extension_quoted);
    case State::size_lf:
      return c == '\n' && end_size_line();
    case State::data_cr:
      return c == '\r' && go(State::data_lf);
    case State::data_lf:
      return c == '\n' && go(State::size_first);
    default:
      return false;
  }
}

bool BodyParser::add_digit(char c) {
  int value = hex_value(c);
  if (value < 0 || ++digits_ > kSizeDigits) return false;
  remaining_ = remaining_ << 4 | static_cast<unsigned>(value);
  return true;
}

bool BodyParser::end_size_line() {
  if (remaining_ > kMostBytes) return false;
  state_ = remaining_ == 0 ? State::trailer : State::data;
  return true;
}

// One whole line, or nothing. The line is looked at from its beginning each time: it is short
// (kTrailerLimits).
Code BodyParser::read_trailer(std::string_view input, size_t& at, HeaderMap* trailers) {
  const char* from = input.data() + at;
  size_t room =
      std::min<size_t>(limits_.line_bytes + size_t{2}, limits_.head_bytes - trailer_bytes_);
  bool is_limited = input.size() - at >= room;
  const char* end = from + std::min(input.size() - at, room);
  auto more = [&] { return is_limited ? Code::head_too_large : Code::ok; };
  if (from == end) return more();
  const char* colon = h1::skip_token(from, end);
  if (colon == end) return more();
  const char* stop = colon;
  bool is_field = colon != from && *colon == ':';
  if (is_field) stop = h1::skip_text(colon + 1, end);
  if (stop == end) return more();
  Code code = h1::line_end(stop, end, Code::bad_trailer);
  if (code == Code::would_block) return more();
  if (code != Code::ok) return code;
  if (!is_field && stop != from) return Code::bad_trailer;
  size_t bytes = static_cast<size_t>(stop - from) + 2;
  at += bytes;
  if (!is_field) {
    state_ = State::done;
    return Code::ok;
  }
  trailer_bytes_ += static_cast<uint32_t>(bytes);
  if (++trailers_ > limits_.fields) return Code::too_many_fields;
  return keep_trailer({from, static_cast<size_t>(colon - from)},
                      trim_blanks({colon + 1, static_cast<size_t>(stop - colon - 1)}), trailers);
}

Code BodyParser::keep_trailer(std::string_view name, std::string_view value,
                              HeaderMap* trailers) const {
  if (is_forbidden_trailer(name)) {
    return from_ == HeadParser::Kind::request ? Code::bad_trailer : Code::ok;
  }
  if (trailers == nullptr) return Code::ok;
  Arena& arena = trailers->arena();
  trailers->add(arena.copy(name), arena.copy(value));
  return Code::ok;
}

}  // namespace fairlead::http
