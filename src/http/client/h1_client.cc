#include "http/client/h1_client.h"

#include "http/codec/h1_writer.h"
#include "http/semantics.h"

namespace fairlead::http {
namespace {

constexpr unsigned kMaxInterims = 8;

iovec part_of(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

H1ClientStream::H1ClientStream(H1ClientConnection& connection, Arena& arena,
                               UpstreamTimeouts timeouts)
    : connection_(connection), arena_(arena), timeouts_(timeouts) {
  ++connection_.requests;
}

io::Timeout H1ClientStream::idle_timeout(Stage stage) const {
  return {timeouts_.idle, Code::upstream_idle_timeout, Side::upstream, stage};
}

Error H1ClientStream::as_upstream(Error error, Stage stage) const {
  if (error.code == Code::cancelled || error.side == Side::client) return error;
  error.side = Side::upstream;
  error.stage = stage;
  // Whatever the socket said when connecting, now bytes of the request may be out: only silence
  // allows another try.
  error.retry = Retry::never;
  bool is_broken = error.code == Code::reset || error.code == Code::closed ||
                   error.code == Code::io || error.code == Code::unreachable ||
                   error.code == Code::refused;
  if (is_broken && is_silent_) {
    // A pooled connection that the upstream closed in the same moment; a fresh one that broke may
    // have been served.
    error.retry = connection_.requests > 1 ? Retry::if_reused : Retry::if_idempotent;
  }
  return error;
}

io::Task<Result<void>> H1ClientStream::send_head(const RequestHead& head, std::string_view host,
                                                 const Body* body) {
  method_ = head.method;
  is_upgrade_ = head.wants_upgrade;
  Framing framing;
  framing.upgrade = head.wants_upgrade ? head.upgrade : std::string_view{};
  if (body != nullptr) {
    sends_chunked_ = body->length() < 0;
    framing.kind = sends_chunked_ ? BodyKind::chunked : BodyKind::length;
    framing.length = sends_chunked_ ? 0 : static_cast<uint64_t>(body->length());
  } else {
    is_request_sent_ = true;
    framing.writes_length_zero =
        head.method == Method::post || head.method == Method::put || head.method == Method::patch;
  }
  char* text = arena_.take_chars(head_bytes(head, framing) + host.size());
  iovec part{text, write_request_head(head, host, framing, text)};
  Result<size_t> taken = connection_.stream->try_write({&part, 1});
  if (taken && *taken == part.iov_len) [[likely]] {
    has_sent_ = true;
    return Result<void>{};
  }
  if (!taken && taken.error().code != Code::would_block) {
    return Result<void>(fail(as_upstream(taken.error(), Stage::send)));
  }
  size_t done = taken ? *taken : 0;
  has_sent_ = true;
  return send_rest_of_head({text + done, part.iov_len - done});
}

io::Task<Result<void>> H1ClientStream::send_rest_of_head(std::string_view rest) {
  iovec part = part_of(rest);
  Result<void> sent =
      co_await io::write_all(*connection_.stream, {&part, 1}, idle_timeout(Stage::send));
  if (!sent) co_return fail(as_upstream(sent.error(), Stage::send));
  co_return Result<void>{};
}

io::Task<Result<void>> H1ClientStream::send_body(Body& body) {
  // A reader that merely pauses leaves an upload unacknowledged; it is not gone.
  connection_.stream->set_dead_peer_limit(io::Duration{0});
  for (;;) {
    Result<Chunk> chunk = co_await body.read();
    if (!chunk) co_return fail(chunk.error());
    iovec parts[5];
    size_t count = 0;
    char size_text[20];
    bool has_bytes = !chunk->bytes().empty();
    if (has_bytes && sends_chunked_)
      parts[count++] = {size_text, write_chunk_size(chunk->bytes().size(), size_text)};
    if (has_bytes) parts[count++] = part_of(chunk->bytes());
    if (has_bytes && sends_chunked_) parts[count++] = part_of(kChunkEnd);
    if (chunk->is_last() && sends_chunked_) {
      const HeaderMap* trailers = body.trailers();
      if (trailers == nullptr || trailers->empty()) {
        parts[count++] = part_of(kLastChunk);
      } else {
        char* text = arena_.take_chars(trailer_bytes(*trailers));
        parts[count++] = {text, write_last_chunk(*trailers, text)};
      }
    }
    if (count != 0) {
      Result<void> sent =
          co_await io::write_all(*connection_.stream, {parts, count}, idle_timeout(Stage::body));
      if (!sent) co_return fail(as_upstream(sent.error(), Stage::body));
    }
    if (chunk->is_last()) break;
  }
  is_request_sent_ = true;
  co_return Result<void>{};
}

io::Task<Result<void>> H1ClientStream::receive_head(ResponseHead& head, io::Duration limit) {
  io::Timeout timeout{{}, Code::upstream_head_timeout, Side::upstream, Stage::response_head};
  io::TimePoint deadline = io::Loop::current()->now() + limit;
  for (;;) {
    std::string_view unread = connection_.input.unread();
    if (!unread.empty()) {
      Result<size_t> bytes = parser_.parse(unread, arena_, head);
      if (!bytes) co_return fail(as_upstream(bytes.error(), Stage::response_head));
      if (*bytes != 0) {
        connection_.input.consume(*bytes);
        parser_.reset();
        break;
      }
    }
    Result<size_t> got = connection_.stream->try_read(connection_.input.space());
    if (got && *got != 0) {
      is_silent_ = false;
      connection_.input.filled(*got);
      continue;
    }
    if (got) co_return fail(as_upstream(Error{Code::closed}, Stage::response_head));
    if (got.error().code != Code::would_block) {
      co_return fail(as_upstream(got.error(), Stage::response_head));
    }
    connection_.input.release_if_empty();
    if (limit > io::Duration::zero()) {
      timeout.after = std::max(deadline - io::Loop::current()->now(), io::Duration{1});
    }
    Result<void> ready = co_await connection_.stream->readable(timeout);
    if (!ready) co_return fail(as_upstream(ready.error(), Stage::response_head));
  }
  if (head.status < 200 && head.status != 101) {
    if (++interims_ > kMaxInterims) {
      co_return fail(Code::too_many_interim, Side::upstream, Stage::response_head);
    }
    co_return Result<void>{};
  }
  has_final_head_ = true;
  Result<void> checked = check_response(head, method_, is_upgrade_);
  if (!checked) co_return fail(as_upstream(checked.error(), Stage::response_head));
  is_keep_alive_ = head.is_keep_alive && head.status != 101;
  if (head.body_kind != BodyKind::none && method_ != Method::head && head.status != 304) {
    H1BodyReader::Source source{*connection_.stream, connection_.input, idle_timeout(Stage::body),
                                Side::upstream};
    body_.emplace(source, head.body_kind, head.content_length, arena_);
  }
  co_return Result<void>{};
}

bool H1ClientStream::can_reuse() const {
  return is_keep_alive_ && has_final_head_ && is_request_sent_ && !is_abandoned_ &&
         (!body_ || (body_->is_finished() && !body_->has_failed())) && connection_.input.empty();
}

void H1ClientStream::abandon() {
  is_abandoned_ = true;
  connection_.stream->close();
}

}  // namespace fairlead::http
