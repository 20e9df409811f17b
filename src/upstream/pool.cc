#include "upstream/pool.h"

#include "io/loop.h"

namespace fairlead::upstream {
namespace {
constexpr io::Duration kComplaintInterval{10'000};
}

Pool::~Pool() {
  while (Connection* connection = idle_.pop_front()) delete connection;
  http2_.for_each(
      [](Http2& connection) { connection.cut({Code::closed, Side::self, Stage::none}); });
}

bool Pool::may_complain() {
  io::TimePoint now = io::Loop::current()->now();
  if (complained_at_ != io::TimePoint{} && now - complained_at_ < kComplaintInterval) return false;
  complained_at_ = now;
  return true;
}

io::Task<void> Pool::keep(std::unique_ptr<Http2> connection) { co_await connection->run(); }

http::H2ClientConnection* Pool::find_http2() {
  http::H2ClientConnection* found = nullptr;
  // The oldest one with room: those that are not needed fall idle.
  http2_.for_each([&](Http2& connection) {
    if (found == nullptr && connection.has_room()) found = &connection;
  });
  if (found != nullptr) ++reused_;
  return found;
}

http::H2ClientConnection& Pool::adopt_http2(io::WorkerContext& worker, io::StreamPtr stream,
                                            http::H2ClientConnection::Settings settings) {
  ++opened_;
  auto made = std::make_unique<Http2>(std::move(stream), settings);
  Http2& connection = *made;
  http2_.push_back(connection);
  worker.background().spawn(keep(std::move(made)));
  return connection;
}

Pool::Turn::~Turn() {
  --pool_.dialing_;
  while (Waiting* waiting = pool_.waiting_.pop_front()) waiting->turned.set();
}

void Pool::Turn::succeeded(bool speaks_http2) {
  pool_.dial_error_ = Error{Code::ok};
  pool_.speaks_http1_ = !speaks_http2;
}

io::Task<Result<void>> Pool::wait_for_turn(io::Scope& scope) {
  Waiting waiting;
  waiting_.push_back(waiting);
  Result<void> turned = co_await waiting.turned.wait(&scope);
  co_return turned;
}

void Pool::Connection::drop() {
  ListHook::unlink();
  --pool_.idle_count_;
  delete this;
}

Pool::ConnectionPtr Pool::take_idle(bool careful) {
  while (!idle_.empty()) {
    Connection& last = idle_.back();
    last.ListHook::unlink();
    --idle_count_;
    last.alarm_.disarm();
    last.stream->set_observer(nullptr);
    ConnectionPtr connection(&last);
    if (connection->stream->has_unread()) continue;
    if (careful && connection->stream->peer_state() != io::Stream::PeerState::open) continue;
    ++reused_;
    return connection;
  }
  return nullptr;
}

Pool::ConnectionPtr Pool::adopt(io::StreamPtr stream) {
  ++opened_;
  return std::make_unique<Connection>(*this, std::move(stream));
}

void Pool::give_back(ConnectionPtr connection, const PoolLimits& limits) {
  if (idle_count_ >= limits.max_idle || connection->stream->has_unread()) return;
  connection->input.release_if_empty();
  connection->stream->set_scope(nullptr);
  Connection& idle = *connection.release();
  idle.stream->set_observer(&idle);
  if (limits.idle_timeout > io::Duration::zero())
    io::Loop::current()->arm(idle.alarm_, limits.idle_timeout);
  idle_.push_back(idle);
  ++idle_count_;
}

}  // namespace fairlead::upstream
