#include "tcp/server.h"

#include <charconv>

#include "io/socket_stream.h"
#include "tls/tls_stream.h"

namespace fairlead::tcp {
namespace {
constexpr io::Duration kHandshake{10'000};  // as towards HTTP servers
}

std::expected<Server, std::string> parse_server(std::string_view address) {
  auto wrong = [&](const char* what) {
    return std::unexpected("address \"" + std::string(address) + "\" " + what);
  };
  size_t colon = address.rfind(':');
  if (colon == address.npos || colon == 0) return wrong("must be HOST:PORT");
  Server server;
  server.address = address;
  std::string_view host = address.substr(0, colon), digits = address.substr(colon + 1);
  auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), server.port);
  if (fault != std::errc{} || end != digits.data() + digits.size() || server.port == 0)
    return wrong("must end in a port between 1 and 65535");
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  server.host = host;
  if (Result<io::Address> number = io::Address::parse(host, server.port)) server.number = *number;
  return server;
}

io::Task<Result<io::StreamPtr>> dial(io::Resolver& resolver, const Server& server,
                                     const Transport& transport, io::Scope& scope) {
  io::Timeout timeout{transport.dial_timeout, Code::upstream_connect_timeout, Side::upstream,
                      Stage::connect, Retry::always};
  std::vector<io::Address> addresses;
  if (server.number) {
    addresses.push_back(*server.number);
  } else {
    auto found = co_await resolver.resolve(server.host, server.port, &scope);
    if (!found) co_return fail(found.error());
    addresses = std::move(*found);
  }
  Error last{Code::resolve, Side::upstream, Stage::connect, Retry::always, 0};
  for (const io::Address& address : addresses) {
    Result<io::StreamPtr> stream = co_await io::connect(address, timeout, &scope);
    if (stream) {
      (*stream)->set_keep_alive(transport.keep_alive);
      co_return std::move(*stream);
    }
    last = stream.error();
    if (scope.is_cancelled()) break;
  }
  co_return fail(last);
}

io::Task<Result<io::StreamPtr>> begin_tls(io::StreamPtr stream, const Server& server,
                                          const Transport& transport, io::Scope& scope) {
  if (transport.tls == nullptr) co_return fail(Code::tls, Side::upstream, Stage::handshake);
  auto secure = std::make_unique<tls::TlsStream>(std::move(stream));
  secure->set_scope(&scope);
  tls::ClientWish wish{.host = server.host, .is_for_http = false};
  if (!secure->begin(transport.tls, wish))
    co_return fail(Code::tls, Side::upstream, Stage::handshake);
  Result<void> done = co_await secure->handshake(
      {kHandshake, Code::tls_handshake_timeout, Side::upstream, Stage::handshake, Retry::always});
  if (!done) co_return fail(done.error());
  co_return io::StreamPtr(std::move(secure));
}

}  // namespace fairlead::tcp
