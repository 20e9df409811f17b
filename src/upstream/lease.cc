#include "upstream/lease.h"

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

io::Task<Result<Lease>> lease_new(io::WorkerContext& worker, Pool& pool, LeaseRequest request) {
  Result<Dialed> dialed = co_await dial(worker, request.endpoint, request.transport,
                                        {false, &pool.sessions()}, request.scope);
  if (!dialed) co_return fail(dialed.error());
  co_return lease_of(pool, pool.adopt(std::move(dialed->stream)), request, true);
}

}  // namespace

io::Task<Result<Lease>> lease(io::WorkerContext& worker, LeaseRequest request) {
  auto& pool = worker.local<Pool>(request.endpoint.pool);
  if (!request.needs_fresh_connection) {
    if (Pool::ConnectionPtr idle = pool.take_idle(request.is_careful))
      return Result<Lease>(lease_of(pool, std::move(idle), request, false));
  }
  return lease_new(worker, pool, request);
}

}  // namespace fairlead::upstream
