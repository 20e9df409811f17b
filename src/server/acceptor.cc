#include "server/acceptor.h"

#include "base/log.h"
#include "http/server/h2_connection.h"
#include "server/sort_connection.h"
#include "server/tls_accept.h"
#include "tls/protocols.h"

namespace fairlead::server {
namespace {
constexpr int kBatch = 64;
constexpr io::Duration kExhaustedPause{50};
}  // namespace

Acceptor::Queue Acceptor::accept_batch() {
  for (int i = 0; i < kBatch; ++i) {
    Result<io::StreamPtr> stream = listener_.try_accept();
    if (!stream) return stream.error().code == Code::limit_reached ? Queue::stuck : Queue::empty;
    connections_.spawn(serve_connection(std::move(*stream)));
  }
  return Queue::has_more;
}

io::Task<void> Acceptor::serve_connection(io::StreamPtr stream) {
  io::Scope scope(&connections_);
  services_.counters.connection_opened(entry_point_);
  if (options_.proxy_protocol.is_on) [[unlikely]] {
    Result<void> told = co_await learn_client(*stream, scope);
    if (!told) stream->close();
  }
  Sorted sorted = Sorted::not_asked;
  if (services_.snapshot.now().streams(entry_point_) != nullptr) [[unlikely]]
    sorted = co_await sort_connection(stream, {entry_point_, options_, drain_, services_, scope});
  const tls::ServerPolicy* policy = services_.snapshot.now().tls.get();
  if (sorted == Sorted::tls) {
    co_await serve_tls(std::move(stream), scope);
  } else if (sorted == Sorted::not_asked && policy != nullptr && policy->is_enabled(entry_point_)) {
    co_await serve_either(std::move(stream), scope);
  } else if (sorted != Sorted::done) {
    co_await http::run_h1_connection(*stream, handler_, options_.http, drain_, scope, nullptr);
  }
  services_.counters.connection_closed(entry_point_);
}

// Whose connection it is comes first: everything later may ask for the client's address.
io::Task<Result<void>> Acceptor::learn_client(io::Stream& stream, io::Scope& scope) {
  stream.set_scope(&scope);
  Result<void> told = co_await take_proxy_header(stream, options_.proxy_protocol,
                                                 options_.http.client_header, drain_.fresh, scope);
  if (!told && told.error().code != Code::cancelled) services_.counters.refused(told.error().code);
  co_return told;
}

io::Task<void> Acceptor::serve_either(io::StreamPtr stream, io::Scope& scope) {
  stream->set_scope(&scope);
  Result<bool> is_tls = co_await speaks_tls(*stream, options_.http.first_byte, drain_.fresh, scope);
  if (!is_tls) co_return;
  if (*is_tls) {
    co_await serve_tls(std::move(stream), scope);
  } else {
    co_await http::run_h1_connection(*stream, handler_, options_.http, drain_, scope, nullptr);
  }
}

io::Task<void> Acceptor::serve_tls(io::StreamPtr stream, io::Scope& scope) {
  tls::TlsStream secure(std::move(stream));
  secure.set_scope(&scope);
  Result<void> accepted =
      co_await accept_tls(secure, entry_point_, std::nullopt, options_.handshake, services_, scope);
  if (!accepted) {
    if (accepted.error().code != Code::cancelled) services_.counters.refused(accepted.error().code);
    co_return;
  }
  const tls::Session& session = secure.session();
  if (session.protocol == tls::kHttp2) {
    co_await http::run_h2_connection(secure, handler_, options_.http, drain_, scope, &session);
  } else {
    co_await http::run_h1_connection(secure, handler_, options_.http, drain_, scope, &session);
  }
}

io::Task<void> Acceptor::run(io::Scope& scope) {
  for (;;) {
    Result<void> ready = co_await listener_.ready(&scope);
    if (!ready) break;
    if (accept_batch() != Queue::stuck) continue;
    log::warn("out of file descriptors: connections wait", {{"entryPoint", options_.name}});
    Result<void> paused = co_await io::sleep_for(kExhaustedPause, &scope);
    if (!paused && scope.is_cancelled()) break;
  }
  // Whoever waits in the queue has been told that the connection stands.
  while (accept_batch() == Queue::has_more) {
  }
  listener_.close();
}

}  // namespace fairlead::server
