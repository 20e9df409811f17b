#include "upstream/dial.h"

#include "io/socket_stream.h"

namespace fairlead::upstream {
namespace {

// A host that vanished (a container taken off its network) acknowledges nothing; the kernel alone
// would wait for a quarter of an hour.
constexpr io::Duration kDeadPeer{8000};

io::Task<Result<io::StreamPtr>> open_socket(io::WorkerContext& worker, const Endpoint& endpoint,
                                            io::Timeout timeout, io::Scope& scope) {
  if (endpoint.address) co_return co_await io::connect(*endpoint.address, timeout, &scope);
  Result<std::vector<io::Address>> found =
      co_await worker.resolver().resolve(endpoint.host, endpoint.port, &scope);
  if (!found) co_return fail(found.error());
  Error last{Code::resolve, Side::upstream, Stage::connect, Retry::always, 0};
  for (const io::Address& address : *found) {
    Result<io::StreamPtr> stream = co_await io::connect(address, timeout, &scope);
    if (stream) co_return std::move(*stream);
    last = stream.error();
    if (scope.is_cancelled()) break;
  }
  co_return fail(last);
}

}  // namespace

io::Task<Result<io::StreamPtr>> dial(io::WorkerContext& worker, const Endpoint& endpoint,
                                     const Transport& transport, io::Scope& scope) {
  io::Timeout timeout{transport.connect, Code::upstream_connect_timeout, Side::upstream,
                      Stage::connect, Retry::always};
  Result<io::StreamPtr> stream = co_await open_socket(worker, endpoint, timeout, scope);
  if (!stream) co_return fail(stream.error());
  (*stream)->set_dead_peer_limit(kDeadPeer);
  co_return std::move(*stream);
}

}  // namespace fairlead::upstream
