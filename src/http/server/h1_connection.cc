#include "http/server/h1_connection.h"

#include "http/codec/h1_body_reader.h"
#include "http/codec/input_buffer.h"
#include "http/server/h1_response_writer.h"
#include "http/server/h2_connection.h"
#include "http/server/linger.h"
#include "http/server/refusal.h"

namespace fairlead::http {
namespace {

constexpr uint64_t kDrainBytes = 64 * 1024;  // of an unread request body, to keep the connection
constexpr io::Duration kGoneGrace{
    5000};  // a client that has half-closed gets its answer within this time

// Watches for the client going away while its request is being served.
class ClientWatch final : public io::Stream::Observer {
 public:
  explicit ClientWatch(io::Stream& stream) : stream_(stream) {}
  ~ClientWatch() { set(nullptr); }

  void set(io::Scope* scope) {
    scope_ = scope;
    stream_.set_observer(scope != nullptr ? this : nullptr);
  }

 private:
  void on_unread(io::Stream&) override {
    if (scope_ == nullptr) return;
    Error gone{Code::closed, Side::client, Stage::response_head, Retry::never, 0};
    switch (stream_.peer_state()) {
      case io::Stream::PeerState::failed:
        scope_->cancel(gone);
        return;
      // Why not at once: "send, half-close, read the answer" is legal, and looks the same as going
      // away.
      case io::Stream::PeerState::finished:
        scope_->set_deadline({kGoneGrace, Code::closed, Side::client, Stage::response_head});
        return;
      case io::Stream::PeerState::open:
        return;  // the next request, pipelined
    }
  }

  io::Stream& stream_;
  io::Scope* scope_ = nullptr;
};

class H1Connection {
 public:
  H1Connection(io::Stream& stream, RequestHandler& handler, const ServerSettings& settings,
               const DrainState& drain, io::Scope& scope, const tls::Session* tls)
      : stream_(stream),
        handler_(handler),
        settings_(settings),
        drain_(drain),
        scope_(scope),
        peers_{stream.peer(), stream.local(), scope, tls},
        parser_(HeadParser::Kind::request, settings.head_limits) {}

  // Until the connection is closed, or speaks HTTP/2: then these are the bytes read so far (else
  // empty).
  io::Task<Chunk> run();

 private:
  friend class H1ServerStream;
  enum class After : uint8_t { keep, close, linger, become_h2 };

  Result<bool> fill();
  Result<bool> parse_head(Arena& arena, RequestHead& head);
  io::Task<Result<void>> read_head(Arena& arena, RequestHead& head);
  io::Task<Result<void>> read_rest_of_head(Arena& arena, RequestHead& head);
  io::Wait next_request();
  bool arrived_meanwhile();
  io::Task<After> serve_one();
  io::Task<After> refuse(Error error);
  io::Task<After> settle(H1BodyReader& body);
  bool may_keep() const;
  bool is_h2_preface() const;

  io::Stream& stream_;
  RequestHandler& handler_;
  const ServerSettings& settings_;
  const DrainState& drain_;
  io::Scope& scope_;
  Peers peers_;
  HeadParser parser_;
  InputBuffer input_;
  uint64_t requests_ = 0;
  io::TimePoint opened_ = io::Loop::current()->now();
};

// The ServerStream of one HTTP/1 request.
class H1ServerStream final : public ServerStream {
 public:
  H1ServerStream(H1Connection& connection, const RequestHead& head, H1BodyReader* body)
      : connection_(connection),
        body_(body),
        writer_(connection.stream_, head.method, head.version,
                {connection.settings_.client_write, Code::client_write_timeout, Side::client,
                 Stage::body}),
        watch_(connection.stream_),
        is_keep_alive_(head.is_keep_alive),
        expects_continue_(head.expects_continue) {}

  io::Task<Result<void>> write_interim(const ResponseHead& head) override {
    return writer_.write_interim(head);
  }
  io::Task<Result<void>> write_response(const ResponseHead& head, Body* body) override {
    is_keep_alive_ = is_keep_alive_ && connection_.may_keep() && is_body_settleable();
    return writer_.write_response(head, body, is_keep_alive_);
  }
  io::Stream* tunnel_stream() override { return &connection_.stream_; }
  std::string_view tunnel_early() override { return connection_.input_.unread(); }
  bool can_respond() const override { return !writer_.has_started(); }
  uint64_t body_bytes_sent() const override { return writer_.body_bytes(); }
  void close_after() override { is_keep_alive_ = false; }
  void watch_client(io::Scope* scope) override {
    watch_.set(scope);
    connection_.stream_.set_scope(scope != nullptr ? scope : &connection_.scope_);
  }

  bool is_keep_alive() const {
    return is_keep_alive_ && writer_.is_complete() && !writer_.must_close();
  }
  bool has_responded() const { return writer_.has_started(); }

 private:
  // The rest of the request's body is worth reading so that the connection can go on.
  bool is_body_settleable() const {
    if (body_ == nullptr || body_->is_finished()) return true;
    // Nobody asked for the body: whether it will come is the client's choice (RFC 9110 §10.1.1).
    if (expects_continue_ && body_->bytes_read() == 0) return false;
    return !body_->has_failed() && (body_->length() < 0 || body_->remaining() <= kDrainBytes);
  }

  H1Connection& connection_;
  H1BodyReader* body_;
  H1ResponseWriter writer_;
  ClientWatch watch_;
  bool is_keep_alive_;
  bool expects_continue_;
};

// The request's body; asking for it tells a client that waits for "100 Continue" to go on.
class RequestBody final : public H1BodyReader {
 public:
  RequestBody(Source source, const RequestHead& head, Arena& arena)
      : H1BodyReader(source, head.body_kind, head.content_length, arena),
        stream_(source.stream),
        owes_continue_(head.expects_continue) {}

  io::Task<Result<Chunk>> read() override {
    if (owes_continue_) [[unlikely]]
      return continue_then_read();
    return H1BodyReader::read();
  }

 private:
  io::Task<Result<Chunk>> continue_then_read() {
    owes_continue_ = false;
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    iovec part{const_cast<char*>(kContinue.data()), kContinue.size()};
    Result<void> sent = co_await io::write_all(
        stream_, {&part, 1},
        io::Timeout{io::Duration{10'000}, Code::client_write_timeout, Side::client, Stage::body});
    if (!sent) co_return fail(sent.error());
    Result<Chunk> chunk = co_await H1BodyReader::read();
    co_return chunk;
  }

  io::Stream& stream_;
  bool owes_continue_;
};

bool H1Connection::may_keep() const {
  if (drain_.is_draining) return false;
  if (settings_.max_requests != 0 && requests_ >= settings_.max_requests) return false;
  return settings_.max_age == io::Duration::zero() ||
         io::Loop::current()->now() - opened_ < settings_.max_age;
}

Result<bool> H1Connection::fill() {
  Result<size_t> got = stream_.try_read(input_.space());
  if (!got) {
    if (got.error().code == Code::would_block) return false;
    return fail(got.error());
  }
  if (*got == 0) return fail(Code::closed, Side::client, Stage::head);
  input_.filled(*got);
  return true;
}

// True when a whole head was there; it has been checked then.
Result<bool> H1Connection::parse_head(Arena& arena, RequestHead& head) {
  auto refused = [](Error error) {
    error.side = Side::client;
    error.stage = Stage::head;
    return std::unexpected(error);
  };
  Result<size_t> bytes = parser_.parse(input_.unread(), arena, head);
  if (!bytes) return refused(bytes.error());
  if (*bytes == 0) return false;
  input_.consume(*bytes);
  parser_.reset();
  Result<void> checked = check_request(head, arena, settings_.policy);
  if (!checked) return refused(checked.error());
  return true;
}

io::Task<Result<void>> H1Connection::read_head(Arena& arena, RequestHead& head) {
  Result<bool> whole = parse_head(arena, head);
  if (!whole) return Result<void>(fail(whole.error()));
  if (*whole) return Result<void>{};
  return read_rest_of_head(arena, head);
}

io::Task<Result<void>> H1Connection::read_rest_of_head(Arena& arena, RequestHead& head) {
  io::TimePoint deadline = io::Loop::current()->now() + settings_.client_header;
  for (;;) {
    Result<bool> filled = fill();
    if (!filled) co_return fail(filled.error());
    if (*filled) {
      Result<bool> whole = parse_head(arena, head);
      if (!whole) co_return fail(whole.error());
      if (*whole) co_return Result<void>{};
      continue;
    }
    io::Timeout timeout{{}, Code::client_header_timeout, Side::client, Stage::head};
    if (settings_.client_header > io::Duration::zero()) {
      timeout.after = std::max(deadline - io::Loop::current()->now(), io::Duration{1});
    }
    Result<void> ready = co_await stream_.readable(timeout);
    if (!ready) co_return fail(ready.error());
  }
}

io::Task<H1Connection::After> H1Connection::refuse(Error error) {
  parser_.reset();
  bool is_gone =
      error.code == Code::closed || error.code == Code::reset || error.code == Code::cancelled;
  // A client that went away within its head, or never finished it, is not worth an answer in the
  // first case only.
  handler_.refused(error, peers_);
  if (is_gone) co_return After::close;
  Result<void> sent = co_await write_refusal(stream_, error);
  co_return sent ? After::linger : After::close;
}

io::Task<H1Connection::After> H1Connection::serve_one() {
  Arena arena;
  io::TimePoint until = io::time_limit(settings_.request_read);
  RequestHead head(arena);
  Result<void> read = co_await read_head(arena, head);
  if (!read) {
    if (read.error().code == Code::bad_version && is_h2_preface()) co_return After::become_h2;
    After after = co_await refuse(read.error());
    co_return after;
  }
  ++requests_;
  if (peers_.is_tls()) head.scheme = "https";
  H1BodyReader* body = nullptr;
  bool is_empty = head.body_kind == BodyKind::length && head.content_length == 0;
  if (head.body_kind != BodyKind::none && !is_empty) {
    io::Timeout idle{settings_.client_idle, Code::client_idle_timeout, Side::client, Stage::body};
    H1BodyReader::Source source{stream_, input_, idle, Side::client, settings_.min_body_rate,
                                until};
    body = arena.make<RequestBody>(source, head, arena);
  } else {
    input_.release_if_empty();
  }
  H1ServerStream stream(*this, head, body);
  co_await handler_.serve(stream, arena, std::move(head), body, peers_);
  stream_.set_scope(&scope_);
  if (!stream.is_keep_alive()) {
    // Only bytes that nobody reads can turn our close into a reset.
    bool is_all_read =
        input_.empty() && (body == nullptr || body->is_finished()) && !stream_.has_unread();
    co_return stream.has_responded() && !is_all_read ? After::linger : After::close;
  }
  if (body == nullptr || body->is_finished()) co_return After::keep;
  After after = co_await settle(*body);
  co_return after;
}

// Reads the rest of a body that nobody wanted, so that the next request is found where it begins.
io::Task<H1Connection::After> H1Connection::settle(H1BodyReader& body) {
  uint64_t allowed = body.bytes_read() + kDrainBytes;
  while (!body.is_finished()) {
    if (body.bytes_read() > allowed) co_return After::linger;
    Result<Chunk> chunk = co_await body.H1BodyReader::read();
    if (!chunk) co_return After::linger;
  }
  co_return After::keep;
}

// Prior knowledge (RFC 9113 §3.3). Over TLS it is ALPN that says so.
bool H1Connection::is_h2_preface() const {
  if (requests_ != 0 || peers_.is_tls()) return false;
  std::string_view begin = input_.unread().substr(0, kH2Preface.size());
  return kH2Preface.starts_with(begin);
}

// A wait for the first byte of the next request.
io::Wait H1Connection::next_request() {
  input_.release_if_empty();
  bool is_fresh = requests_ == 0;
  stream_.set_read_scope(is_fresh ? drain_.fresh : drain_.idle);
  io::Duration limit = is_fresh ? settings_.first_byte : settings_.keepalive;
  return stream_.readable({limit, Code::keepalive_timeout, Side::client, Stage::head});
}

// A request that arrived in the moment of the drain is still served.
bool H1Connection::arrived_meanwhile() {
  Result<bool> last = fill();
  return last && *last;
}

io::Task<Chunk> H1Connection::run() {
  stream_.set_scope(&scope_);
  for (;;) {
    // Here, not in a task of its own: this is where idle connections spend their memory.
    if (input_.empty()) {
      Result<bool> filled = fill();
      if (!filled) break;
      if (!*filled) {
        Result<void> ready = co_await next_request();
        stream_.set_read_scope(&scope_);
        if (!ready && !arrived_meanwhile()) break;
        continue;
      }
    }
    After after = co_await serve_one();
    if (after == After::keep) continue;
    if (after == After::become_h2) {
      Chunk early = input_.slice(input_.unread(), false);
      input_.consume(input_.unread().size());
      input_.release_if_empty();
      co_return std::move(early);
    }
    if (after == After::linger) co_await linger(stream_);
    break;
  }
  stream_.close();
  co_return Chunk();
}

// In a task of its own, so that nothing of it stays behind a connection that became HTTP/2.
io::Task<Chunk> run_as_h1(io::Stream& stream, RequestHandler& handler,
                          const ServerSettings& settings, const DrainState& drain, io::Scope& scope,
                          const tls::Session* tls) {
  H1Connection connection(stream, handler, settings, drain, scope, tls);
  Chunk early = co_await connection.run();
  co_return std::move(early);
}

}  // namespace

io::Task<void> run_h1_connection(io::Stream& stream, RequestHandler& handler,
                                 const ServerSettings& settings, const DrainState& drain,
                                 io::Scope& scope, const tls::Session* tls) {
  Chunk early = co_await run_as_h1(stream, handler, settings, drain, scope, tls);
  if (early.bytes().empty()) co_return;
  co_await run_h2_connection(stream, handler, settings, drain, scope, tls, std::move(early));
}

}  // namespace fairlead::http
