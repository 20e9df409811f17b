#include "upstream/dial.h"

#include "io/socket_stream.h"
#include "tls/protocols.h"
#include "tls/tls_stream.h"

namespace fairlead::upstream {
namespace {

// A host that vanished (a container taken off its network) acknowledges nothing; the kernel alone
// would wait for a quarter of an hour.
constexpr io::Duration kDeadPeer{8000};
// As Traefik's users know it (Go's TLSHandshakeTimeout).
constexpr io::Duration kHandshake{10'000};

Error as_dial_error(Error error) {
  if (error.code == Code::cancelled || error.side == Side::client) return error;
  error.side = Side::upstream;
  error.retry = Retry::always;
  return error;
}

// Each address gets its share of the time, so that one that swallows packets does not keep the
// others from being tried.
io::Task<Result<io::StreamPtr>> open_socket(io::WorkerContext& worker, const Endpoint& endpoint,
                                            io::Duration limit, io::Scope& scope) {
  io::Timeout timeout{limit, Code::upstream_connect_timeout, Side::upstream, Stage::connect,
                      Retry::always};
  if (endpoint.address) co_return co_await io::connect(*endpoint.address, timeout, &scope);
  io::TimePoint deadline = io::Loop::current()->now() + limit;
  // The name service has a part in the time too.
  io::Scope naming(&scope);
  naming.set_deadline(timeout);
  Result<std::vector<io::Address>> found =
      co_await worker.resolver().resolve(endpoint.host, endpoint.port, &naming);
  if (!found) co_return fail(found.error());
  Error last{Code::resolve, Side::upstream, Stage::connect, Retry::always, 0};
  size_t left = found->size();
  for (const io::Address& address : *found) {
    if (limit > io::Duration::zero()) {
      io::Duration rest = deadline - io::Loop::current()->now();
      timeout.after = std::max(rest / static_cast<int64_t>(left), io::Duration{1});
    }
    --left;
    Result<io::StreamPtr> stream = co_await io::connect(address, timeout, &scope);
    if (stream) co_return std::move(*stream);
    last = stream.error();
    if (scope.is_cancelled()) break;
  }
  co_return fail(last);
}

io::Task<Result<Dialed>> begin_tls(io::StreamPtr socket, const Endpoint& endpoint,
                                   const Transport& transport, DialWish wish, io::Scope& scope) {
  if (transport.tls == nullptr) co_return fail(Code::tls, Side::upstream, Stage::handshake);
  auto stream = std::make_unique<tls::TlsStream>(std::move(socket));
  stream->set_scope(&scope);
  bool is_ready = stream->begin(transport.tls, {endpoint.host, wish.offers_http2, wish.sessions});
  if (!is_ready) co_return fail(Code::tls, Side::upstream, Stage::handshake);
  Result<void> done = co_await stream->handshake(
      {kHandshake, Code::tls_handshake_timeout, Side::upstream, Stage::handshake, Retry::always});
  if (!done) co_return fail(as_dial_error(done.error()));
  bool speaks_http2 = stream->session().protocol == tls::kHttp2;
  co_return Dialed{std::move(stream), speaks_http2};
}

}  // namespace

io::Task<Result<Dialed>> dial(io::WorkerContext& worker, const Endpoint& endpoint,
                              const Transport& transport, DialWish wish, io::Scope& scope) {
  Result<io::StreamPtr> socket = co_await open_socket(worker, endpoint, transport.connect, scope);
  if (!socket) co_return fail(as_dial_error(socket.error()));
  (*socket)->set_dead_peer_limit(kDeadPeer);
  if (endpoint.protocol == Protocol::https) {
    co_return co_await begin_tls(std::move(*socket), endpoint, transport, wish, scope);
  }
  co_return Dialed{std::move(*socket), endpoint.protocol == Protocol::h2c};
}

}  // namespace fairlead::upstream
