#include "udp/relay.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace fairlead::udp {
namespace {

constexpr size_t kMostDatagram = 65536;
constexpr int kBatch = 64;
// Datagrams of a session that wait for its server's address.
constexpr size_t kMostWaiting = 16;
constexpr io::Duration kDrainLook{100};
// Why not longer: as long as the socket is open, the kernel sends it its share of a successor's new
// clients, too.
constexpr io::Duration kLongestDrain{3000};

// Where datagrams pass through; none stays in it across a wait.
std::span<char> scratch() {
  thread_local std::unique_ptr<std::array<char, kMostDatagram>> block;
  if (block == nullptr) block = std::make_unique<std::array<char, kMostDatagram>>();
  return *block;
}

}  // namespace

size_t Relay::KeyHash::operator()(const Key& key) const {
  auto bytes = [](const void* start, size_t size) {
    return std::hash<std::string_view>{}({static_cast<const char*>(start), size});
  };
  return bytes(key.peer.raw(), key.peer.raw_bytes()) * 31 + bytes(key.local.ip, key.local.size);
}

io::Task<void> Relay::run(io::Scope& accepting) {
  io::Loop& loop = *io::Loop::current();
  io::TimePoint until{};  // when the drain ends
  for (;;) {
    // A full batch: other sockets of this worker have their turn, the event comes again at once.
    receive_batch();
    bool is_draining = until != io::TimePoint{};
    if (is_draining && (sessions_.empty() || loop.now() >= until)) break;
    io::Timeout look{is_draining ? kDrainLook : io::Duration{0}, Code::closed};
    Result<void> ready = co_await socket_.readable(is_draining ? &scope_ : &accepting, look);
    if (!ready && scope_.is_cancelled()) break;
    if (accepting.is_cancelled() && !is_draining)
      until = loop.now() + std::min(settings_.timeout, kLongestDrain);
  }
  socket_.close();
  while (!sessions_.empty()) end(*sessions_.begin()->second);
}

bool Relay::receive_batch() {
  for (int i = 0; i < kBatch; ++i) {
    auto arrival = socket_.try_receive(scratch());
    // The error of one client's unreachable address is no reason to stop.
    if (!arrival) return false;
    take(scratch().first(arrival->bytes), *arrival);
  }
  return true;
}

void Relay::take(std::span<const char> bytes, const io::DatagramSocket::Arrival& arrival) {
  Key key{arrival.peer, arrival.local};
  Session* session = find(key);
  if (session == nullptr) session = begin(key);
  if (session == nullptr) return;
  session->last_seen = io::Loop::current()->now();
  pass_on(*session, bytes);
}

// Null also for a session whose server has left the configuration: another one begins.
Relay::Session* Relay::find(const Key& key) {
  auto at = sessions_.find(key);
  if (at == sessions_.end()) return nullptr;
  Session& session = *at->second;
  uint64_t version = settings_.version();
  if (session.version == version || session.server == nullptr) return &session;
  session.version = version;
  std::shared_ptr<const Service> service = settings_.service();
  // Without a router the session lives on until it times out, as a TCP tunnel would.
  if (service == nullptr || service->has(session.server->address)) return &session;
  end(session);
  return nullptr;
}

Relay::Session* Relay::begin(const Key& key) {
  std::shared_ptr<const Service> service = settings_.service();
  if (service == nullptr) {
    settings_.dropped(Code::no_router);
    return nullptr;
  }
  if (sessions_.size() >= settings_.most_sessions) {
    settings_.dropped(Code::limit_reached);
    return nullptr;
  }
  auto session = std::make_shared<Session>();
  session->key = key;
  session->server = service->pick();
  session->version = settings_.version();
  if (session->server == nullptr) {
    settings_.dropped(Code::no_server);
    return nullptr;
  }
  sessions_.emplace(key, session);
  settings_.opened();
  scope_.spawn(run_session(session));
  return session.get();
}

void Relay::end(Session& session) {
  if (session.is_over) return;
  session.is_over = true;
  if (session.upstream != nullptr) session.upstream->close();
  settings_.closed();
  sessions_.erase(Key(session.key));
}

void Relay::pass_on(Session& session, std::span<const char> bytes) {
  if (session.upstream == nullptr) {
    if (session.waiting.size() < kMostWaiting)
      session.waiting.emplace_back(bytes.data(), bytes.size());
    else
      settings_.dropped(Code::limit_reached);
    return;
  }
  Result<void> sent = session.upstream->try_send(bytes);
  if (sent || sent.error().code == Code::would_block) return;
  // The answer to an earlier datagram: nobody is there. This one is sent once more, elsewhere.
  Key key = session.key;
  avoid(*session.server);
  end(session);
  Session* second = begin(key);
  if (second == nullptr) return;
  second->last_seen = io::Loop::current()->now();
  if (second->upstream == nullptr) second->waiting.emplace_back(bytes.data(), bytes.size());
}

io::Task<Result<void>> Relay::connect(Session& session) {
  io::Address to;
  if (session.server->number) {
    to = *session.server->number;
  } else {
    auto found =
        co_await context_.resolver().resolve(session.server->host, session.server->port, &scope_);
    if (!found) co_return fail(found.error());
    if (found->empty()) co_return fail(Code::resolve, Side::upstream, Stage::connect);
    to = found->front();
  }
  if (session.is_over) co_return fail(Code::cancelled);
  Result<int> fd = io::open_datagram_connection(to);
  if (!fd) co_return fail(fd.error());
  session.upstream = std::make_unique<io::DatagramSocket>(*fd);
  for (const std::string& bytes : session.waiting) (void)session.upstream->try_send(bytes);
  session.waiting = {};
  co_return Result<void>{};
}

io::Task<void> Relay::run_session(SessionPtr session) {
  Result<void> connected = co_await connect(*session);
  if (!connected) {
    if (!session->is_over) {
      avoid(*session->server);
      settings_.dropped(connected.error().code);
    }
    co_return end(*session);
  }
  while (!session->is_over && answer_batch(*session)) {
    io::Duration left = session->last_seen + settings_.timeout - io::Loop::current()->now();
    if (left <= io::Duration::zero()) break;
    Result<void> ready = co_await session->upstream->readable(&scope_, {left, Code::closed});
    if (!ready && scope_.is_cancelled()) break;
  }
  end(*session);
}

// False when nobody listens at the server.
bool Relay::answer_batch(Session& session) {
  for (int i = 0; i < kBatch; ++i) {
    auto arrival = session.upstream->try_receive(scratch());
    if (!arrival) {
      if (arrival.error().code == Code::would_block) return true;
      avoid(*session.server);
      return false;
    }
    session.last_seen = io::Loop::current()->now();
    (void)socket_.try_send_to(scratch().first(arrival->bytes), session.key.peer, session.key.local);
  }
  return true;
}

}  // namespace fairlead::udp
