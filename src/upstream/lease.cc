#include "upstream/lease.h"

#include "base/log.h"
#include "upstream/dial.h"
#include "upstream/pool.h"

namespace fairlead::upstream {
namespace {

// An HTTP/1.1 connection for as long as its request.
class H1Lease {
 public:
  H1Lease(Pool& pool, Pool::ConnectionPtr connection, const LeaseRequest& request)
      : pool_(pool),
        limits_(request.transport.pool),
        connection_(std::move(connection)),
        stream_(*connection_, request.arena, request.transport.timeouts) {
    stream_.set_scope(&request.scope);
  }
  ~H1Lease() {
    if (stream_.can_reuse()) pool_.give_back(std::move(connection_), limits_);
  }
  H1Lease(const H1Lease&) = delete;
  H1Lease& operator=(const H1Lease&) = delete;

  http::ClientStream& stream() { return stream_; }

 private:
  Pool& pool_;
  PoolLimits limits_;
  Pool::ConnectionPtr connection_;
  http::H1ClientStream stream_;
};

Lease lease_of(Pool& pool, Pool::ConnectionPtr connection, const LeaseRequest& request,
               bool is_new) {
  return {&request.arena.make<H1Lease>(pool, std::move(connection), request)->stream(), is_new};
}

Lease lease_of(http::H2ClientConnection& connection, const LeaseRequest& request, bool is_new) {
  auto* stream = request.arena.make<http::H2ClientStream>(connection, request.arena,
                                                          request.transport.timeouts);
  stream->set_scope(&request.scope);
  return {stream, is_new};
}

// Once in a while for each server: the access log has every one, but not everybody keeps one.
void complain(Pool& pool, const Endpoint& endpoint, const Error& error) {
  if (error.stage != Stage::handshake || !pool.may_complain()) return;
  log::warn("no TLS connection to a server",
            {{"server", endpoint.url}, {"error", words(error.code)}});
}

bool may_speak_http2(const LeaseRequest& request) {
  if (request.needs_http1) return false;
  switch (request.endpoint.protocol) {
    case Protocol::h2c:
      return true;
    case Protocol::https:
      return !request.transport.disables_http2;
    case Protocol::http1:
      return false;
  }
  return false;
}

Lease adopt(io::WorkerContext& worker, Pool& pool, Dialed dialed, const LeaseRequest& request) {
  if (!dialed.speaks_http2 || request.needs_http1)
    return lease_of(pool, pool.adopt(std::move(dialed.stream)), request, true);
  const char* scheme = request.endpoint.protocol == Protocol::https ? "https" : "http";
  http::H2ClientConnection& connection =
      pool.adopt_http2(worker, std::move(dialed.stream),
                       {scheme, request.transport.timeouts, request.transport.pool.idle_timeout});
  return lease_of(connection, request, true);
}

io::Task<Result<Lease>> lease_new(io::WorkerContext& worker, Pool& pool, LeaseRequest request) {
  Result<Dialed> dialed = co_await dial(worker, request.endpoint, request.transport,
                                        {false, &pool.sessions()}, request.scope);
  if (!dialed) {
    complain(pool, request.endpoint, dialed.error());
    co_return fail(dialed.error());
  }
  co_return adopt(worker, pool, std::move(*dialed), request);
}

// A connection that may become HTTP/2.
io::Task<Result<Lease>> lease_shared(io::WorkerContext& worker, Pool& pool, LeaseRequest request) {
  while (pool.is_dialing() && !pool.speaks_http1() && !request.needs_fresh_connection) {
    Result<void> turned = co_await pool.wait_for_turn(request.scope);
    if (!turned) co_return fail(turned.error());
    if (http::H2ClientConnection* connection = pool.find_http2())
      co_return lease_of(*connection, request, false);
    // What failed for one a moment ago fails for all who waited for it.
    if (pool.dial_error().code != Code::ok) co_return fail(pool.dial_error());
  }
  Pool::Turn turn(pool);
  turn.failed(Error{Code::ok});
  Result<Dialed> dialed = co_await dial(worker, request.endpoint, request.transport,
                                        {true, &pool.sessions()}, request.scope);
  if (!dialed) {
    complain(pool, request.endpoint, dialed.error());
    if (!request.scope.is_cancelled()) turn.failed(dialed.error());
    co_return fail(dialed.error());
  }
  turn.succeeded(dialed->speaks_http2);
  co_return adopt(worker, pool, std::move(*dialed), request);
}

}  // namespace

io::Task<Result<Lease>> lease(io::WorkerContext& worker, LeaseRequest request) {
  auto& pool = worker.local<Pool>(request.endpoint.pool);
  bool may_share = may_speak_http2(request);
  if (!request.needs_fresh_connection) {
    http::H2ClientConnection* shared = may_share ? pool.find_http2() : nullptr;
    bool is_usable = shared != nullptr && (!request.is_careful || shared->is_peer_open());
    if (is_usable) return Result<Lease>(lease_of(*shared, request, false));
    // An HTTP/1.1 connection that an upgrade was for is none for others where HTTP/2 is spoken.
    bool may_be_http1 = !may_share || pool.speaks_http1();
    if (Pool::ConnectionPtr idle = may_be_http1 ? pool.take_idle(request.is_careful) : nullptr)
      return Result<Lease>(lease_of(pool, std::move(idle), request, false));
  }
  if (may_share) return lease_shared(worker, pool, request);
  return lease_new(worker, pool, request);
}

}  // namespace fairlead::upstream
