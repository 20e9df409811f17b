#include "http/server/h2_connection.h"

#include "http/server/h2_request_body.h"
#include "http/server/h2_server_stream.h"
#include "http/server/h2_websocket.h"
#include "http/server/linger.h"
#include "http/server/refusal.h"

namespace fairlead::http {
namespace {

// What no connection outlives when the entry point says nothing else (shield 1.3).
constexpr uint64_t kMaxStreams = 10'000;
constexpr io::Duration kMaxAge{3'600'000};
// How long the notice of shutdown has to reach the client before the last word is said.
constexpr io::Duration kNoticeTime{1000};
// How long the last frames may take.
constexpr io::Duration kFarewell{5000};
constexpr size_t kReadBlock = 32 * 1024;
constexpr int kReadsPerRound = 4;

class H2Connection final : private H2Events {
 public:
  H2Connection(io::Stream& stream, RequestHandler& handler, const ServerSettings& settings,
               const DrainState& drain, io::Scope& scope, const tls::Session* tls)
      : stream_(stream),
        handler_(handler),
        drain_(drain),
        outer_(scope),
        link_(*this, settings.h2, settings, &scope),
        requests_(&link_.scope),
        peers_{stream.peer(), stream.local(), requests_, tls} {}

  io::Task<void> run(Chunk early);

 private:
  H2Stream* open(int32_t id) override;
  void on_head(H2Stream& stream, Code fault) override;
  void on_received(H2Stream& stream) override { own(stream).heard(); }
  void on_sent(H2Stream& stream) override { own(stream).framed(); }
  void on_close(H2Stream& stream) override;
  void on_refused(Error error) override { handler_.refused(error, peers_); }
  void on_notice_seen() override { link_.session.go_away(H2Error::no_error); }
  static H2ServerStream& own(H2Stream& stream) { return static_cast<H2ServerStream&>(stream); }

  io::Task<void> read_loop(Chunk early);
  Result<void> read_round();
  void end_round();
  io::Timeout read_limit();
  bool is_idle_too_long() const;
  io::Task<void> write_loop();
  io::Task<void> watch_drain();
  void leave();
  io::Task<void> say_goodbye();

  io::Task<void> serve(H2ServerStream& stream);
  io::Task<void> refuse(H2ServerStream& stream);
  void destroy(H2ServerStream& stream);

  io::Stream& stream_;
  RequestHandler& handler_;
  const DrainState& drain_;
  io::Scope& outer_;
  H2Link link_;
  io::Scope requests_;  // cancelled when the client is gone
  io::Scope loops_;
  Peers peers_;
  H2Output output_;
  List<H2ServerStream> streams_;
  H2ServerStream* first_fresh_ = nullptr;
  H2ServerStream** last_fresh_ = &first_fresh_;
  size_t live_ = 0;
  uint64_t opened_ = 0;
  io::Event finished_;  // the connection is over
  io::TimePoint opened_at_ = io::Loop::current()->now();
  io::TimePoint idle_since_ = opened_at_;
  io::TimePoint head_since_{};
  bool has_input_ = false;
  bool is_leaving_ = false;
  bool is_broken_ = false;  // the transport: nothing can be sent any more
};

H2Stream* H2Connection::open(int32_t id) {
  const ServerSettings& settings = link_.settings;
  // Streams that the client has reset still cost us until their requests have noticed.
  if (live_ >= size_t{2} * settings.h2.max_concurrent_streams) return nullptr;
  auto* stream = new H2ServerStream(id, settings.h2, link_, peers_);
  streams_.push_back(*stream);
  ++live_;
  ++opened_;
  uint64_t most = settings.max_requests != 0 ? settings.max_requests : kMaxStreams;
  io::Duration age = settings.max_age > io::Duration::zero() ? settings.max_age : kMaxAge;
  if (opened_ >= most || io::Loop::current()->now() - opened_at_ >= age) leave();
  return stream;
}

void H2Connection::on_head(H2Stream& base, Code fault) {
  H2ServerStream& stream = own(base);
  RequestHead& head = stream.head();
  if (fault == Code::ok) {
    Result<void> checked = check_request(head, stream.arena(), link_.settings.policy);
    if (!checked) fault = checked.error().code;
    if (is_malformed(fault)) return link_.session.malformed(stream, fault);
  }
  if (head.body_kind == BodyKind::length) stream.expect_bytes(head.content_length);
  stream.refusal = fault;
  stream.phase = H2ServerStream::Phase::fresh;
  *last_fresh_ = &stream;
  last_fresh_ = &stream.next_fresh;
}

void H2Connection::on_close(H2Stream& base) {
  H2ServerStream& stream = own(base);
  if (stream.phase == H2ServerStream::Phase::opening) return destroy(stream);
  stream.cut_off();
}

void H2Connection::destroy(H2ServerStream& stream) {
  link_.session.forget(stream);
  delete &stream;
  --live_;
  if (live_ == 0) idle_since_ = io::Loop::current()->now();
  link_.wake_writer();
}

io::Task<void> H2Connection::refuse(H2ServerStream& stream) {
  handler_.refused({stream.refusal, Side::client, Stage::head}, peers_);
  unsigned status = refusal_status(stream.refusal);
  Arena& arena = stream.arena();
  ResponseHead head(arena);
  head.status = static_cast<uint16_t>(status);
  head.headers.add(FieldId::content_type, "text/plain; charset=utf-8");
  FixedBody body(reason_phrase(status));
  (void)co_await stream.write_response(head, &body);
}

io::Task<void> H2Connection::serve(H2ServerStream& stream) {
  if (stream.refusal == Code::ok) {
    RequestHead& head = stream.head();
    if (peers_.is_tls()) head.scheme = "https";
    if (stream.is_websocket()) begin_websocket(head, stream.arena());
    Body* body = nullptr;
    if (head.body_kind != BodyKind::none) body = stream.arena().make<H2RequestBody>(stream, head);
    co_await handler_.serve(stream, stream.arena(), std::move(head), body, peers_);
  } else {
    co_await refuse(stream);
  }
  stream.watch_client(nullptr);
  co_await stream.flush_tunnel();
  stream.settle();
  destroy(stream);
}

// Why only now: a client that opens and resets within one round has caused no work (rapid reset).
void H2Connection::end_round() {
  while (H2ServerStream* stream = first_fresh_) {
    first_fresh_ = stream->next_fresh;
    if (stream->is_open()) {
      stream->phase = H2ServerStream::Phase::serving;
      requests_.spawn(serve(*stream));
    } else {
      destroy(*stream);
    }
  }
  last_fresh_ = &first_fresh_;
  if (link_.session.take_window_news()) {
    streams_.for_each([](H2ServerStream& stream) { stream.window_news(); });
  }
  if (!link_.session.is_in_head()) {
    head_since_ = {};
  } else if (head_since_ == io::TimePoint{}) {
    head_since_ = io::Loop::current()->now();
  }
  link_.wake_writer();
}

Result<void> H2Connection::read_round() {
  Buffer* block = Buffer::take(kReadBlock);
  Chunk owner(block, {});
  block->drop();  // the chunk keeps it
  for (int i = 0; i < kReadsPerRound; ++i) {
    Result<size_t> got = stream_.try_read({block->bytes(), block->capacity()});
    if (!got && got.error().code == Code::would_block) break;
    if (!got) return fail(got.error());
    if (*got == 0) return fail(Code::closed, Side::client, Stage::head);
    has_input_ = true;
    link_.session.feed({block->bytes(), *got}, io::Loop::current()->now());
  }
  return {};
}

bool H2Connection::is_idle_too_long() const {
  const ServerSettings& settings = link_.settings;
  io::Duration limit = has_input_ ? settings.keepalive : settings.first_byte;
  return live_ == 0 && limit > io::Duration::zero() &&
         io::Loop::current()->now() - idle_since_ >= limit;
}

io::Timeout H2Connection::read_limit() {
  const ServerSettings& settings = link_.settings;
  io::TimePoint now = io::Loop::current()->now();
  auto until = [&](io::TimePoint since, io::Duration limit) {
    if (limit <= io::Duration::zero()) return limit;
    return std::max(since + limit - now, io::Duration{1});
  };
  if (head_since_ != io::TimePoint{}) {
    return {until(head_since_, settings.client_header), Code::client_header_timeout, Side::client,
            Stage::head};
  }
  if (!has_input_) {
    return {until(idle_since_, settings.first_byte), Code::keepalive_timeout, Side::client,
            Stage::head};
  }
  // While requests are served this is only a look now and then.
  return {until(live_ == 0 ? idle_since_ : now, settings.keepalive), Code::keepalive_timeout,
          Side::client, Stage::head};
}

io::Task<void> H2Connection::read_loop(Chunk early) {
  if (!early.bytes().empty()) {
    has_input_ = true;
    link_.session.feed(early.bytes(), io::Loop::current()->now());
    early = Chunk();
  }
  for (;;) {
    Result<void> round = read_round();
    end_round();
    if (!round) {
      is_broken_ = true;
      co_return;
    }
    if (link_.session.is_over()) co_return;
    io::Timeout limit = read_limit();
    Result<void> ready = co_await stream_.readable(limit);
    if (ready) continue;
    if (ready.error().code == Code::client_header_timeout) {
      handler_.refused(ready.error(), peers_);
      link_.session.terminate(H2Error::enhance_your_calm);
      co_return;
    }
    if (ready.error().code != Code::keepalive_timeout) {
      is_broken_ = is_broken_ || !link_.scope.is_cancelled();
      co_return;
    }
    if (!is_idle_too_long()) continue;
    link_.session.terminate(H2Error::no_error);
    co_return;
  }
}

io::Task<void> H2Connection::write_loop() {
  const ServerSettings& settings = link_.settings;
  io::Timeout idle{settings.client_write, Code::client_write_timeout, Side::client, Stage::body};
  io::Pace pace;
  for (;;) {
    link_.session.pull(output_, io::Loop::current()->now());
    if (output_.empty()) {
      output_.release();
      if (link_.session.is_over()) break;
      if (!link_.writable.is_set()) {
        Result<void> woken = co_await link_.writable.wait(&link_.scope);
        if (!woken) break;
      }
      link_.writable.reset();
      continue;
    }
    std::string_view unsent = output_.unsent();
    iovec part{const_cast<char*>(unsent.data()), unsent.size()};
    Result<void> sent = co_await io::write_all(stream_, {&part, 1}, idle, &pace);
    if (!sent) {
      is_broken_ = true;
      break;
    }
    output_.sent(unsent.size());
  }
  output_.release();
  link_.scope.cancel({Code::closed, Side::client, Stage::body});
}

void H2Connection::leave() {
  if (std::exchange(is_leaving_, true)) return;
  loops_.spawn(say_goodbye());
}

io::Task<void> H2Connection::say_goodbye() {
  link_.session.announce_shutdown();
  link_.wake_writer();
  io::Wait notice_time = io::sleep_for(kNoticeTime, &link_.scope);
  (void)co_await notice_time;
  link_.session.go_away(H2Error::no_error);
  link_.wake_writer();
}

io::Task<void> H2Connection::watch_drain() {
  if (drain_.notice == nullptr) co_return;
  if (!finished_.is_set()) {
    Result<void> over = co_await finished_.wait(drain_.notice);
    if (over) co_return;
  }
  leave();
}

io::Task<void> H2Connection::run(Chunk early) {
  stream_.set_scope(&link_.scope);
  loops_.spawn(write_loop());
  loops_.spawn(watch_drain());
  co_await read_loop(std::move(early));
  // What is queued goes out, if it can; nothing else.
  Error closed{Code::closed, Side::client, Stage::body};
  link_.is_closing = true;
  requests_.cancel(closed);
  finished_.set();
  if (is_broken_) {
    link_.scope.cancel(closed);
  } else {
    link_.scope.set_deadline({kFarewell, Code::client_write_timeout, Side::client, Stage::body});
  }
  link_.wake_writer();
  co_await loops_.join();
  co_await requests_.join();
  while (!streams_.empty()) destroy(streams_.front());
  stream_.set_scope(&outer_);
  // Why: closing with unread bytes makes the kernel send a reset that may overtake our last frames.
  if (!is_broken_) co_await linger(stream_);
  stream_.close();
}

}  // namespace

io::Task<void> run_h2_connection(io::Stream& stream, RequestHandler& handler,
                                 const ServerSettings& settings, const DrainState& drain,
                                 io::Scope& scope, const tls::Session* tls, Chunk early) {
  H2Connection connection(stream, handler, settings, drain, scope, tls);
  co_await connection.run(std::move(early));
}

}  // namespace fairlead::http
