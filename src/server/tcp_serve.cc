#include "server/tcp_serve.h"

#include "base/log.h"
#include "server/tls_accept.h"
#include "tcp/postgres.h"
#include "tcp/tunnel.h"

namespace fairlead::server {
namespace {

constexpr io::Duration kPostgresPatience{10'000};

Result<void> admit(const tcp::Route& route, tcp::Connection& connection) {
  for (const auto& middleware : route.middlewares) {
    Result<void> admitted = middleware->admit(connection);
    if (!admitted) return admitted;
  }
  return {};
}

// The client's end in clear bytes.
io::Task<Result<io::StreamPtr>> end_tls(io::StreamPtr stream, tls::ServerContextPtr context,
                                        Arrival at) {
  auto secure = std::make_unique<tls::TlsStream>(std::move(stream));
  secure->set_scope(&at.scope);
  Result<void> accepted = co_await accept_tls(*secure, at.entry_point, std::move(context),
                                              at.options.handshake, at.services, at.scope);
  if (!accepted) co_return fail(accepted.error());
  co_return io::StreamPtr(std::move(secure));
}

// The service of this name as of now: the servers may have moved while none of the old ones
// answered.
std::shared_ptr<const tcp::Service> newest_service(const tcp::Route& route, Arrival at) {
  const auto& services = at.services.snapshot.now().tcp_services;
  auto found = services.find(route.service_name);
  return found != services.end() && found->second != route.service ? found->second : nullptr;
}

io::Task<Result<tcp::Upstream>> connect(const tcp::Route& route, tcp::Connection& connection,
                                        Arrival at) {
  Result<tcp::Upstream> upstream = co_await route.service->connect(connection);
  if (upstream || at.scope.is_cancelled()) co_return upstream;
  std::shared_ptr<const tcp::Service> newer = newest_service(route, at);
  if (newer == nullptr) co_return upstream;
  Result<tcp::Upstream> second = co_await newer->connect(connection);
  co_return second;
}

void refuse(const tcp::Route& route, const tcp::Connection& connection, Error error, Arrival at) {
  if (error.code == Code::cancelled) return;
  at.services.counters.refused(error.code);
  log::debug("TCP connection closed", {{"router", route.name},
                                       {"service", route.service_name},
                                       {"client", connection.peer.text()},
                                       {"reason", words(error.code)}});
}

}  // namespace

io::Task<void> serve_tcp(io::StreamPtr stream, std::shared_ptr<const tcp::Route> route,
                         ClientAsked asked, Arrival at) {
  stream->set_scope(&at.scope);
  tcp::Connection connection{
      at.services.context, at.scope, stream->peer(), stream->exact_local(), {}};
  Result<void> admitted = admit(*route, connection);
  if (!admitted) co_return refuse(*route, connection, admitted.error(), at);
  if (route->tls == tcp::Route::Tls::ended_here) {
    Result<io::StreamPtr> clear = co_await end_tls(std::move(stream), route->context, at);
    if (!clear) co_return refuse(*route, connection, clear.error(), at);
    stream = std::move(*clear);
  }
  Result<tcp::Upstream> upstream = co_await connect(*route, connection, at);
  if (!upstream) co_return refuse(*route, connection, upstream.error(), at);
  upstream->stream->set_scope(&at.scope);
  bool is_passed_on = route->tls == tcp::Route::Tls::passed_through;
  if (asked == ClientAsked::postgres_for_tls && is_passed_on) {
    io::Timeout limit{kPostgresPatience, Code::upstream_head_timeout, Side::upstream,
                      Stage::connect};
    Result<void> agreed = co_await tcp::ask_postgres_for_tls(*upstream->stream, limit);
    if (!agreed) co_return refuse(*route, connection, agreed.error(), at);
  }
  route.reset();
  stream->set_scope(&at.scope);
  co_await tcp::run_tunnel(*stream, *upstream->stream, upstream->termination_delay, at.scope);
}

}  // namespace fairlead::server
