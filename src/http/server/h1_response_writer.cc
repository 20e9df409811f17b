#include "http/server/h1_response_writer.h"

namespace fairlead::http {
namespace {

iovec part_of(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

bool is_bodiless(unsigned status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

io::Task<Result<void>> H1ResponseWriter::write_interim(const ResponseHead& head) {
  if (version_ == Version::http10 || has_started_) co_return Result<void>{};
  char* text = head.headers.arena().take_chars(head_bytes(head, Framing{}));
  iovec part{text, write_response_head(head, Framing{}, text)};
  Result<void> sent = co_await io::write_all(stream_, {&part, 1}, idle_, &pace_);
  co_return sent;
}

Framing H1ResponseWriter::choose_framing(const ResponseHead& head, const Body* body,
                                         bool is_keep_alive) const {
  Framing framing;
  framing.is_keep_alive = is_keep_alive;
  if (head.status == 101) {
    framing.upgrade = head.headers.get(FieldId::upgrade);
  } else if (method_ == Method::head || head.status == 304) {
    // The length that GET would have had, when the upstream told it.
    // Parsing leaves the kind `none` there, and the field where it was.
    if (head.body_kind == BodyKind::length ||
        head.headers.find(FieldId::content_length) != nullptr) {
      framing.kind = BodyKind::length;
      framing.length = head.content_length;
    }
  } else if (is_bodiless(head.status)) {
  } else if (body == nullptr) {
    framing.writes_length_zero = true;
  } else if (body->length() >= 0) {
    framing.kind = BodyKind::length;
    framing.length = static_cast<uint64_t>(body->length());
  } else if (version_ == Version::http11) {
    framing.kind = BodyKind::chunked;
  } else {
    framing.kind = BodyKind::until_close;
    framing.is_keep_alive = false;
  }
  return framing;
}

io::Task<Result<void>> H1ResponseWriter::write_response(const ResponseHead& head, Body* body,
                                                        bool is_keep_alive) {
  has_started_ = true;
  framing_ = choose_framing(head, body, is_keep_alive);
  must_close_ = !framing_.is_keep_alive;
  Arena& arena = head.headers.arena();
  char* text = arena.take_chars(head_bytes(head, framing_));
  std::string_view head_text{text, write_response_head(head, framing_, text)};

  bool sends_body = body != nullptr && method_ != Method::head && !is_bodiless(head.status);
  if (!sends_body) {
    iovec part = part_of(head_text);
    Result<void> sent = co_await io::write_all(stream_, {&part, 1}, idle_, &pace_);
    is_complete_ = sent.has_value();
    co_return sent;
  }
  for (;;) {
    io::Task<Result<Chunk>> next = body->read();
    if (!next.is_ready() && !head_text.empty()) {
      // The first bytes of the body are not here yet: the head does not wait for them.
      iovec part = part_of(head_text);
      head_text = {};
      Result<void> sent = co_await io::write_all(stream_, {&part, 1}, idle_, &pace_);
      if (!sent) co_return fail(sent.error());
    }
    Result<Chunk> chunk = co_await next;
    if (!chunk) {
      if (!head_text.empty()) {
        iovec part = part_of(head_text);
        Result<void> sent = co_await io::write_all(stream_, {&part, 1}, idle_, &pace_);
        if (!sent) co_return fail(sent.error());
      }
      must_close_ = true;
      co_return fail(chunk.error());
    }
    bool is_last = chunk->is_last();
    Result<void> sent = co_await write_piece(head_text, *chunk, *body);
    if (!sent) co_return fail(sent.error());
    head_text = {};
    if (is_last) break;
  }
  is_complete_ = true;
  co_return Result<void>{};
}

io::Task<Result<void>> H1ResponseWriter::write_piece(std::string_view head, const Chunk& chunk,
                                                     Body& body) {
  body_bytes_ += chunk.bytes().size();
  size_t count = 0;
  if (!head.empty()) parts_[count++] = part_of(head);
  if (framing_.kind != BodyKind::chunked) {
    if (!chunk.bytes().empty()) parts_[count++] = part_of(chunk.bytes());
    if (count == 0) return Result<void>{};
    return io::write_all(stream_, {parts_, count}, idle_, &pace_);
  }
  if (!chunk.bytes().empty()) {
    parts_[count++] = {size_text_, write_chunk_size(chunk.bytes().size(), size_text_)};
    parts_[count++] = part_of(chunk.bytes());
    parts_[count++] = part_of(kChunkEnd);
  }
  if (chunk.is_last()) {
    const HeaderMap* trailers = body.trailers();
    if (trailers == nullptr || trailers->empty()) {
      parts_[count++] = part_of(kLastChunk);
    } else {
      char* text = trailers->arena().take_chars(trailer_bytes(*trailers));
      parts_[count++] = {text, write_last_chunk(*trailers, text)};
    }
  }
  if (count == 0) return Result<void>{};
  return io::write_all(stream_, {parts_, count}, idle_, &pace_);
}

}  // namespace fairlead::http
