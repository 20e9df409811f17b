#include "upstream/pool.h"

#include "io/loop.h"

namespace fairlead::upstream {

Pool::~Pool() {
  while (Connection* connection = idle_.pop_front()) delete connection;
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
