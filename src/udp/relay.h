// One listening UDP socket of one worker and its sessions. A session is a client's address and
// port (and ours that it wrote to) with a socket of its own towards one server; it ends when
// nothing has passed for the entry point's timeout, when nobody listens at the server, or when the
// configuration no longer has the server. Bounded: what would need one session too many is dropped
// and counted. One worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/datagram_socket.h"
#include "io/scope.h"
#include "io/worker_context.h"
#include "udp/service.h"

namespace fairlead::udp {

// What the relay is told, and whom it tells.
struct RelaySettings {
  io::Duration timeout{3000};
  size_t most_sessions = 8192;
  // The service as of now; null when nobody routes here. The number changes with the configuration.
  std::function<std::shared_ptr<const Service>()> service;
  std::function<uint64_t()> version;
  std::function<void()> opened, closed;  // a session
  std::function<void(Code)> dropped;     // a datagram
};

class Relay {
 public:
  // `sessions` owns what runs for the sessions and outlives them.
  Relay(int fd, RelaySettings settings, io::WorkerContext& context, io::Scope& sessions)
      : socket_(fd), settings_(std::move(settings)), context_(context), scope_(sessions) {}

  // Until `accepting` is cancelled and all sessions have ended, or the timeout has passed after
  // that.
  io::Task<void> run(io::Scope& accepting);
  size_t sessions() const { return sessions_.size(); }

 private:
  // Who talks to which of our addresses.
  struct Key {
    io::Address peer;
    io::LocalAddress local;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Session {
    Key key;
    std::unique_ptr<io::DatagramSocket> upstream;  // null while the server is looked up
    std::vector<std::string> waiting;              // for it
    ServerPtr server;
    uint64_t version = 0;  // of the configuration that has the server
    io::TimePoint last_seen{};
    bool is_over = false;
  };
  using SessionPtr = std::shared_ptr<Session>;

  bool receive_batch();
  void take(std::span<const char> bytes, const io::DatagramSocket::Arrival& arrival);
  Session* find(const Key& key);
  Session* begin(const Key& key);
  void end(Session& session);
  void pass_on(Session& session, std::span<const char> bytes);
  io::Task<void> run_session(SessionPtr session);
  io::Task<Result<void>> connect(Session& session);
  bool answer_batch(Session& session);

  io::DatagramSocket socket_;
  RelaySettings settings_;
  io::WorkerContext& context_;
  io::Scope& scope_;
  std::unordered_map<Key, SessionPtr, KeyHash> sessions_;
};

}  // namespace fairlead::udp
