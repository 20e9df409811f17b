#include "http/codec/h1_body_reader.h"

namespace fairlead::http {
namespace {
// A sender may take this long before its average rate counts.
constexpr io::Duration kRateGrace{5000};

// The rest of a chunk's line end, if any, then the last chunk without trailers, and nothing of
// another message.
bool is_plain_end(std::string_view unread) {
  return unread == "\r\n0\r\n\r\n" || unread == "0\r\n\r\n";
}
}  // namespace

H1BodyReader::H1BodyReader(Source source, BodyKind kind, uint64_t length, Arena& arena)
    : source_(source),
      kind_(kind),
      length_(length),
      trailers_(arena),
      is_finished_(kind == BodyKind::length && length == 0) {
  parser_.start(
      kind, length, kTrailerLimits,
      source_.side == Side::upstream ? HeadParser::Kind::response : HeadParser::Kind::request);
}

Error H1BodyReader::as_ours(Error error) {
  has_failed_ = true;
  if (error.code == Code::cancelled) return error;
  error.side = source_.side;
  error.stage = Stage::body;
  return error;
}

std::optional<Result<Chunk>> H1BodyReader::next_buffered() {
  for (;;) {
    std::string_view unread = source_.input.unread();
    if (unread.empty()) return std::nullopt;
    Result<BodyParser::Piece> piece = parser_.parse(unread, &trailers_);
    if (!piece) return Result<Chunk>(fail(as_ours(piece.error())));
    source_.input.consume(piece->consumed);
    if (piece->bytes.empty() && !piece->is_end) {
      if (piece->consumed == 0) return std::nullopt;
      continue;
    }
    bytes_read_ += piece->bytes.size();
    // The end often follows in the same packet: then this chunk is the last and goes out with the
    // end.
    while (!piece->is_end && kind_ == BodyKind::chunked && is_plain_end(source_.input.unread())) {
      Result<BodyParser::Piece> end = parser_.parse(source_.input.unread(), &trailers_);
      if (!end) return Result<Chunk>(fail(as_ours(end.error())));
      source_.input.consume(end->consumed);
      piece->is_end = end->is_end;
    }
    is_finished_ = piece->is_end;
    return Result<Chunk>(source_.input.slice(piece->bytes, piece->is_end));
  }
}

Result<bool> H1BodyReader::fill() {
  Result<size_t> got = source_.stream.try_read(source_.input.space());
  if (!got) {
    if (got.error().code == Code::would_block) return false;
    return fail(as_ours(got.error()));
  }
  if (*got != 0) {
    source_.input.filled(*got);
    return true;
  }
  Result<void> end = parser_.finish_at_eof();
  if (!end) return fail(as_ours(end.error()));
  is_finished_ = true;
  return true;
}

io::Task<Result<Chunk>> H1BodyReader::read() {
  if (is_finished_) return Result<Chunk>(Chunk::end());  // nothing was to come
  if (std::optional<Result<Chunk>> chunk = next_buffered()) return std::move(*chunk);
  Result<bool> filled = fill();
  if (!filled) return Result<Chunk>(fail(filled.error()));
  if (is_finished_) return Result<Chunk>(Chunk::end());
  if (*filled) {
    if (std::optional<Result<Chunk>> chunk = next_buffered()) return std::move(*chunk);
  }
  return read_more();
}

bool H1BodyReader::is_too_slow() const {
  if (source_.min_rate == 0 || waited_ < kRateGrace) return false;
  return bytes_read_ * 1000 < source_.min_rate * static_cast<uint64_t>(waited_.count());
}

io::Task<Result<Chunk>> H1BodyReader::read_more() {
  for (;;) {
    Result<bool> filled = fill();
    if (!filled) co_return fail(filled.error());
    if (is_finished_) co_return Chunk::end();
    if (*filled) {
      if (std::optional<Result<Chunk>> chunk = next_buffered()) co_return std::move(*chunk);
      continue;
    }
    source_.input.release_if_empty();
    io::TimePoint before = io::Loop::current()->now();
    Result<void> ready =
        co_await source_.stream.readable(io::not_after(source_.until, source_.idle));
    waited_ += io::Loop::current()->now() - before;
    if (!ready) {
      // A cancelled wait has taken nothing from the stream: the body can still be drained.
      bool is_cancelled = ready.error().code == Code::cancelled;
      co_return fail(is_cancelled ? ready.error() : as_ours(ready.error()));
    }
    if (is_too_slow()) co_return fail(as_ours(source_.idle.error()));
  }
}

}  // namespace fairlead::http
