// The connections of one worker to one endpoint. Those of HTTP/1.1 are leased for a request, kept
// idle between requests, dropped the moment the upstream closes or says something unasked; those of
// HTTP/2 are shared by many requests. Lives in a worker's slot, so it survives reloads. One thread.
#pragma once

#include <memory>

#include "base/list.h"
#include "http/client/h1_client.h"
#include "http/client/h2_client.h"
#include "io/timer_wheel.h"
#include "io/worker_context.h"
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

  // A connection of HTTP/2 that takes another stream, or null.
  http::H2ClientConnection* find_http2();
  http::H2ClientConnection& adopt_http2(io::WorkerContext& worker, io::StreamPtr stream,
                                        http::H2ClientConnection::Settings settings);

  // Whoever finds no connection of HTTP/2 opens one; the others wait for it instead of opening as
  // many as there are requests.
  class Turn {
   public:
    explicit Turn(Pool& pool) : pool_(pool) { ++pool_.dialing_; }
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // How it went. Without a word, the attempt was given up.
    void succeeded(bool speaks_http2);
    void failed(Error error) { pool_.dial_error_ = error; }

   private:
    Pool& pool_;
  };
  bool is_dialing() const { return dialing_ != 0; }
  // Until a turn has ended. An error is the scope's.
  io::Task<Result<void>> wait_for_turn(io::Scope& scope);
  // Why the last turn failed; ok when it did not, or was given up.
  const Error& dial_error() const { return dial_error_; }
  // The last handshake chose HTTP/1.1.
  bool speaks_http1() const { return speaks_http1_; }

  // True at most every so often.
  bool may_complain();

  // What TLS may resume with this endpoint.
  tls::ClientSessions& sessions() { return sessions_; }

  size_t idle() const { return idle_count_; }
  uint64_t opened() const { return opened_; }
  uint64_t reused() const { return reused_; }

 private:
  struct Http2 final : http::H2ClientConnection, ListHook {
    using http::H2ClientConnection::H2ClientConnection;
  };
  struct Waiting : ListHook {
    io::Event turned;
  };
  static io::Task<void> keep(std::unique_ptr<Http2> connection);

  tls::ClientSessions sessions_;
  List<Http2> http2_;
  List<Waiting> waiting_;
  Error dial_error_{Code::ok};
  io::TimePoint complained_at_{};
  size_t dialing_ = 0;
  bool speaks_http1_ = false;
  List<Connection> idle_;  // most recently used last
  size_t idle_count_ = 0;
  uint64_t opened_ = 0;
  uint64_t reused_ = 0;
};

}  // namespace fairlead::upstream
