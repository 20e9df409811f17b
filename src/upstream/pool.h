// The connections of one worker to one endpoint: leased for a request, kept idle between requests,
// dropped the moment the upstream closes or says something unasked. Lives in a worker's slot, so it
// survives reloads. One thread.
#pragma once

#include <memory>

#include "base/list.h"
#include "http/client/h1_client.h"
#include "io/timer_wheel.h"
#include "upstream/transport.h"

namespace fairlead::upstream {

class Pool {
 public:
  // A connection with its place in the pool.
  class Connection final : public http::H1ClientConnection,
                           public ListHook,
                           private io::Stream::Observer {
   public:
    Connection(Pool& pool, io::StreamPtr stream)
        : http::H1ClientConnection(std::move(stream)), pool_(pool) {}

   private:
    friend class Pool;
    struct Alarm : io::Timer {
      explicit Alarm(Connection& c)
          : io::Timer([](io::Timer& t) { static_cast<Alarm&>(t).connection.drop(); }),
            connection(c) {}
      Connection& connection;
    };
    void on_unread(io::Stream&) override { drop(); }
    // Leaves the pool and destroys itself. Only while idle.
    void drop();

    Pool& pool_;
    Alarm alarm_{*this};
  };
  using ConnectionPtr = std::unique_ptr<Connection>;

  Pool() = default;
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The connection used last, or null. `careful` asks the kernel whether it is still open: for
  // requests that must not be sent twice.
  ConnectionPtr take_idle(bool careful);
  // A new connection, counted as this pool's.
  ConnectionPtr adopt(io::StreamPtr stream);
  // After a clean exchange.
  void give_back(ConnectionPtr connection, const PoolLimits& limits);

  // What TLS may resume with this endpoint.
  tls::ClientSessions& sessions() { return sessions_; }

  size_t idle() const { return idle_count_; }
  uint64_t opened() const { return opened_; }
  uint64_t reused() const { return reused_; }

 private:
  tls::ClientSessions sessions_;
  List<Connection> idle_;  // most recently used last
  size_t idle_count_ = 0;
  uint64_t opened_ = 0;
  uint64_t reused_ = 0;
};

}  // namespace fairlead::upstream
