#include "server/sort_connection.h"

#include <algorithm>

#include "server/preface.h"
#include "server/tcp_serve.h"
#include "tls/protocols.h"

namespace fairlead::server {
namespace {

using RoutePtr = std::shared_ptr<const tcp::Route>;
constexpr std::string_view kAcmeProtocol = "acme-tls/1";  // never a TCP router's
constexpr int kMostQuestions = 2;                         // PostgreSQL's: GSSAPI, then TLS

const routing::StreamRouters* routers_of(Arrival at) {
  return at.services.snapshot.now().streams(at.entry_point);
}

RoutePtr find_plain(const io::Stream& stream, Arrival at) {
  const routing::StreamRouters* routers = routers_of(at);
  if (routers == nullptr || routers->plain == nullptr) return nullptr;
  const RoutePtr* found = routers->plain->match({{}, {}, stream.peer()});
  return found != nullptr ? *found : nullptr;
}

std::string_view without_final_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

RoutePtr find_tls(const io::Stream& stream, const tls::ClientHello& hello, Arrival at) {
  const routing::StreamRouters* routers = routers_of(at);
  if (routers == nullptr) return nullptr;
  if (std::ranges::find(hello.protocols, kAcmeProtocol) != hello.protocols.end()) return nullptr;
  const RoutePtr* found = routing::choose_tls_route(
      *routers, {without_final_dot(hello.server_name), hello.protocols, stream.peer()});
  return found != nullptr ? *found : nullptr;
}

// In PostgreSQL's protocol HTTPS has no say.
RoutePtr find_postgres(const io::Stream& stream, const tls::ClientHello& hello, Arrival at) {
  const routing::StreamRouters* routers = routers_of(at);
  if (routers == nullptr || routers->tls == nullptr) return nullptr;
  const RoutePtr* found =
      routers->tls->match({without_final_dot(hello.server_name), hello.protocols, stream.peer()});
  return found != nullptr ? *found : nullptr;
}

bool asks_postgres(Arrival at) {
  const routing::StreamRouters* routers = routers_of(at);
  return routers != nullptr && routers->tls != nullptr;
}

io::Task<Result<void>> answer(io::Stream& stream, char letter, Arrival at) {
  iovec part{&letter, 1};
  Result<void> sent = co_await io::write_all(
      stream, {&part, 1},
      {at.options.handshake, Code::tls_handshake_timeout, Side::client, Stage::handshake});
  co_return sent;
}

// After the "S": nothing but TLS may follow.
io::Task<void> serve_postgres(io::StreamPtr stream, Arrival at) {
  Result<void> answered = co_await answer(*stream, 'S', at);
  if (!answered) co_return;
  Result<Preface> preface = co_await read_preface(*stream, at, false);
  if (!preface || preface->kind != Preface::Kind::tls) co_return;
  RoutePtr route = find_postgres(*stream, preface->hello, at);
  if (route == nullptr) co_return at.services.counters.refused(Code::no_router);
  stream->give_back(preface->bytes);
  *preface = {};
  co_await serve_tcp(std::move(stream), std::move(route), ClientAsked::postgres_for_tls, at);
}

void note(Error error, Arrival at) {
  bool is_silence = error.code == Code::closed || error.code == Code::cancelled ||
                    error.code == Code::keepalive_timeout;
  if (!is_silence) at.services.counters.refused(error.code);
}

}  // namespace

io::Task<Sorted> sort_connection(io::StreamPtr& stream, Arrival at) {
  stream->set_scope(&at.scope);
  if (routers_of(at)->decides_unread()) {
    if (RoutePtr route = find_plain(*stream, at)) {
      co_await serve_tcp(std::move(stream), std::move(route), ClientAsked::nothing, at);
      co_return Sorted::done;
    }
  }
  for (int questions = 0;; ++questions) {
    Result<Preface> preface =
        co_await read_preface(*stream, at, asks_postgres(at) && questions < kMostQuestions);
    if (!preface) {
      note(preface.error(), at);
      co_return Sorted::done;
    }
    using Kind = Preface::Kind;
    RoutePtr route;
    if (preface->kind == Kind::postgres_tls) {
      *preface = {};
      co_await serve_postgres(std::move(stream), at);
      co_return Sorted::done;
    }
    bool is_tls = preface->kind == Kind::tls;
    route = is_tls ? find_tls(*stream, preface->hello, at) : find_plain(*stream, at);
    if (preface->kind == Kind::postgres_gss && route == nullptr) {
      Result<void> answered = co_await answer(*stream, 'N', at);
      if (!answered) co_return Sorted::done;
      continue;
    }
    stream->give_back(preface->bytes);
    *preface = {};
    if (route == nullptr) co_return is_tls ? Sorted::tls : Sorted::http;
    co_await serve_tcp(std::move(stream), std::move(route), ClientAsked::nothing, at);
    co_return Sorted::done;
  }
}

}  // namespace fairlead::server
