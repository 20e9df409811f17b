#include "http/client/h2_client.h"

#include <algorithm>
#include <charconv>

#include "http/client/h2_response_body.h"
#include "http/semantics.h"

namespace fairlead::http {
namespace {

constexpr size_t kReadBlock = 32 * 1024;
constexpr int kReadsPerRound = 4;
// How long the last frames may take.
constexpr io::Duration kFarewell{2000};
// For an upstream that takes no bytes, when the configuration sets no limit of its own.
constexpr io::Duration kStuck{30'000};

}  // namespace

H2ClientConnection::H2ClientConnection(io::StreamPtr stream, Settings settings)
    : stream_(std::move(stream)),
      settings_(settings),
      session_(*this, H2ClientSession::usual_limits()),
      idle_since_(io::Loop::current()->now()) {
  stream_->set_scope(&scope_);
}

void H2ClientConnection::on_received(H2Call& call) {
  auto& stream = static_cast<H2ClientStream&>(call);
  stream.wake_reader();
  if (call.is_closed() || call.failure().code != Code::ok) stream.wake_writer();
}

void H2ClientConnection::on_sent(H2Call& call) { static_cast<H2ClientStream&>(call).wake_writer(); }

void H2ClientConnection::on_window() {
  session_.for_each_call([](H2Call& call) { static_cast<H2ClientStream&>(call).wake_writer(); });
}

void H2ClientConnection::add(H2ClientStream&) {
  ++live_;
  ++opened_;
}

void H2ClientConnection::remove(H2ClientStream& stream) {
  session_.forget(stream);
  if (--live_ == 0) idle_since_ = io::Loop::current()->now();
  if (live_ == 0 && is_over_) deserted_.set();
  wake_writer();
}

void H2ClientConnection::leave() {
  if (std::exchange(is_leaving_, true)) return;
  if (live_ == 0) cut({Code::closed, Side::self, Stage::none});
}

Result<bool> H2ClientConnection::read_round() {
  Buffer* block = Buffer::take(kReadBlock);
  Chunk owner(block, {});
  block->drop();  // the chunk keeps it
  bool has_read = false;
  for (int i = 0; i < kReadsPerRound; ++i) {
    Result<size_t> got = stream_->try_read({block->bytes(), block->capacity()});
    if (!got && got.error().code == Code::would_block) break;
    if (!got) return fail(got.error());
    if (*got == 0) return fail(Code::closed);
    has_read = true;
    session_.feed({block->bytes(), *got}, io::Loop::current()->now());
  }
  return has_read;
}

io::Timeout H2ClientConnection::read_limit() const {
  io::Timeout limit{settings_.idle, Code::keepalive_timeout, Side::upstream, Stage::none};
  if (has_ping_out_) {
    limit.after = settings_.timeouts.ping;
    return limit;
  }
  // While streams are open this is only a look now and then.
  if (live_ == 0 && limit.is_limited()) {
    limit.after =
        std::max(idle_since_ + settings_.idle - io::Loop::current()->now(), io::Duration{1});
  }
  io::Duration silence = settings_.timeouts.read_idle;
  bool asks_first =
      silence > io::Duration::zero() && (!limit.is_limited() || silence < limit.after);
  if (asks_first) limit.after = silence;
  return limit;
}

// Time has passed without a byte. An error when the connection ends for it.
Result<void> H2ClientConnection::waited_in_vain(const Error& why) {
  if (why.code != Code::keepalive_timeout) return fail(why);
  if (has_ping_out_) return fail(Code::h2_ping_timeout, Side::upstream, Stage::response_head);
  bool is_unused = live_ == 0 && settings_.idle > io::Duration::zero() &&
                   io::Loop::current()->now() - idle_since_ >= settings_.idle;
  if (is_unused) return fail(Code::closed);
  if (settings_.timeouts.read_idle <= io::Duration::zero()) return {};
  has_ping_out_ = true;
  session_.ping();
  wake_writer();
  return {};
}

io::Task<Error> H2ClientConnection::read_loop() {
  for (;;) {
    Result<bool> has_read = read_round();
    if (session_.wants_write()) wake_writer();
    if (session_.fault() != Code::ok)
      co_return Error{session_.fault(), Side::upstream, Stage::response_head};
    if (!has_read) co_return has_read.error();
    if (*has_read) has_ping_out_ = false;
    bool is_done = session_.is_over() || (is_leaving_ && live_ == 0);
    if (is_done) co_return Error{Code::closed};
    Result<void> ready = co_await stream_->readable(read_limit());
    if (ready) continue;
    Result<void> goes_on = waited_in_vain(ready.error());
    if (!goes_on) co_return goes_on.error();
  }
}

io::Task<void> H2ClientConnection::write_loop() {
  io::Duration limit = settings_.timeouts.idle;
  if (limit <= io::Duration::zero()) limit = kStuck;
  io::Timeout idle{limit, Code::upstream_idle_timeout, Side::upstream, Stage::body};
  for (;;) {
    session_.pull(output_, io::Loop::current()->now());
    if (output_.empty()) {
      output_.release();
      if (is_over_ || session_.is_over() || (is_leaving_ && live_ == 0)) break;
      if (!writable_.is_set()) {
        Result<void> woken = co_await writable_.wait(&scope_);
        if (!woken) break;
      }
      writable_.reset();
      continue;
    }
    std::string_view unsent = output_.unsent();
    iovec part{const_cast<char*>(unsent.data()), unsent.size()};
    Result<void> sent = co_await io::write_all(*stream_, {&part, 1}, idle);
    if (!sent) {
      scope_.cancel(sent.error());
      break;
    }
    output_.sent(unsent.size());
  }
  output_.release();
  // The reader may wait for an upstream that has nothing more to say.
  if (session_.is_over() || is_leaving_) scope_.cancel({Code::closed, Side::upstream});
}

// A stream whose connection breaks is like an HTTP/1.1 request whose connection breaks: a fresh one
// may have been served; one that was used before may have been closed by the upstream in the same
// moment.
void H2ClientConnection::end(Error error) {
  is_over_ = is_leaving_ = true;
  session_.fail_all([&](const H2Call& call) {
    Error mine = error;
    mine.side = Side::upstream;
    mine.stage = call.has_head() || !call.is_silent() ? Stage::body : Stage::response_head;
    mine.retry = opened_ > 1 ? Retry::if_reused : Retry::if_idempotent;
    if (!call.is_silent()) mine.retry = Retry::never;
    if (!call.is_framed()) mine.retry = Retry::always;
    return mine;
  });
}

io::Task<void> H2ClientConnection::run() {
  loops_.spawn(write_loop());
  Error why = co_await read_loop();
  end(why);
  session_.terminate(session_.fault() == Code::ok ? H2Error::no_error : H2Error::protocol_error);
  wake_writer();
  scope_.set_deadline({kFarewell, Code::upstream_idle_timeout, Side::upstream, Stage::none});
  co_await loops_.join();
  stream_->close();
  if (live_ != 0) {
    Result<void> gone = co_await deserted_.wait(nullptr);
    (void)gone;
  }
}

H2ClientStream::H2ClientStream(H2ClientConnection& connection, Arena& arena,
                               UpstreamTimeouts timeouts)
    : H2Call(arena), connection_(connection), timeouts_(timeouts) {
  connection_.add(*this);
}

H2ClientStream::~H2ClientStream() {
  bool is_complete = has_response_ended() && has_request_ended();
  if (!is_complete) connection_.session_.reset(*this, H2Error::cancel);
  connection_.remove(*this);
}

io::Timeout H2ClientStream::idle_timeout(Stage stage) const {
  return {timeouts_.idle, Code::upstream_idle_timeout, Side::upstream, stage};
}

Error H2ClientStream::why_closed(Stage stage) const {
  if (failure().code != Code::ok) return failure();
  return {Code::closed, Side::upstream, stage};
}

io::Task<Result<void>> H2ClientStream::send_head(const RequestHead& head, std::string_view host,
                                                 const Body* body) {
  method_ = head.method;
  if (connection_.is_over_)
    return Result<void>(fail(Code::closed, Side::upstream, Stage::send, Retry::always));
  HeaderMap& fields = *arena().make<HeaderMap>(arena());
  fields.reserve(head.headers.size() + 1);
  for (const Field& field : head.headers.fields()) {
    if (field.id != FieldId::content_length && field.id != FieldId::host) fields.add(field);
  }
  bool says_zero = body == nullptr && (head.method == Method::post || head.method == Method::put ||
                                       head.method == Method::patch);
  int64_t length = body != nullptr ? body->length() : says_zero ? 0 : -1;
  if (length >= 0) {
    char* text = arena().take_chars(20);
    char* end = std::to_chars(text, text + 20, length).ptr;
    fields.add(FieldId::content_length, {text, static_cast<size_t>(end - text)});
  }
  bool is_open = connection_.session_.open(*this, head, fields.fields(), host,
                                           connection_.settings_.scheme, body == nullptr);
  if (!is_open)
    return Result<void>(fail(Code::h2_stream_refused, Side::upstream, Stage::send, Retry::always));
  has_sent_ = true;
  is_upload_over_ = body == nullptr;
  connection_.wake_writer();
  return Result<void>{};
}

io::Task<Result<void>> H2ClientStream::wait_for_window() {
  while (!is_closed() && failure().code == Code::ok && connection_.session_.window(*this) <= 0) {
    io::Wait news(&writer_, scope_, idle_timeout(Stage::body));
    Result<void> woken = co_await news;
    if (!woken) co_return fail(woken.error());
  }
  co_return Result<void>{};
}

io::Task<Result<void>> H2ClientStream::wait_until_framed() {
  while (is_sending() && !is_closed() && failure().code == Code::ok) {
    io::Wait news(&writer_, scope_, idle_timeout(Stage::body));
    Result<void> woken = co_await news;
    if (!woken) co_return fail(woken.error());
  }
  // What was framed may have been the last that the stream waited for.
  if (is_sending()) co_return fail(why_closed(Stage::body));
  co_return Result<void>{};
}

// Why the window is asked before the body: an upstream that takes nothing must not make us hold the
// client's bytes.
io::Task<Result<void>> H2ClientStream::send_body(Body& body) {
  for (;;) {
    Result<void> open = co_await wait_for_window();
    if (!open) co_return fail(open.error());
    Result<Chunk> chunk = co_await body.read();
    if (!chunk) co_return fail(chunk.error());
    if (is_closed() || failure().code != Code::ok) co_return fail(why_closed(Stage::body));
    bool is_last = chunk->is_last();
    if (chunk->bytes().empty() && !is_last) continue;
    connection_.session_.send(*this, std::move(*chunk), is_last ? body.trailers() : nullptr);
    connection_.wake_writer();
    Result<void> framed = co_await wait_until_framed();
    if (!framed) co_return fail(framed.error());
    if (is_last) break;
  }
  is_upload_over_ = true;
  co_return Result<void>{};
}

Result<void> H2ClientStream::accept_head(ResponseHead& head) {
  ResponseHead& received = take_head();
  head.status = received.status;
  head.version = received.version;
  head.headers = std::move(received.headers);
  if (head.status < 200) {
    if (head.status == 101) return fail(Code::bad_upgrade, Side::upstream, Stage::response_head);
    return {};
  }
  bool ends = is_bodiless();
  head.body_kind = ends ? BodyKind::none : BodyKind::chunked;
  Result<void> checked = check_response(head, method_, false);
  if (!checked) return checked;
  bool has_body =
      !ends && head.body_kind != BodyKind::none && method_ != Method::head && head.status != 304;
  if (has_body) {
    int64_t length =
        head.body_kind == BodyKind::length ? static_cast<int64_t>(head.content_length) : -1;
    body_ = arena().make<H2ResponseBody>(*this, length);
  }
  return {};
}

io::Task<Result<void>> H2ClientStream::receive_head(ResponseHead& head, io::Duration limit) {
  io::Timeout timeout{limit, Code::upstream_head_timeout, Side::upstream, Stage::response_head};
  io::TimePoint deadline = io::Loop::current()->now() + limit;
  while (!has_head()) {
    if (is_closed() || failure().code != Code::ok) co_return fail(why_closed(Stage::response_head));
    if (limit > io::Duration::zero())
      timeout.after = std::max(deadline - io::Loop::current()->now(), io::Duration{1});
    io::Wait news(&reader_, scope_, timeout);
    Result<void> woken = co_await news;
    if (!woken) co_return fail(woken.error());
  }
  co_return accept_head(head);
}

void H2ClientStream::abandon() {
  if (std::exchange(is_abandoned_, true)) return;
  connection_.session_.reset(*this, H2Error::cancel);
  connection_.wake_writer();
  wake_reader();
  wake_writer();
}

}  // namespace fairlead::http
