#include "server/tls_accept.h"

namespace fairlead::server {

io::Task<Result<bool>> speaks_tls(io::Stream& stream, io::Duration first_byte, io::Scope* fresh,
                                  io::Scope& scope) {
  for (;;) {
    char first = 0;
    Result<size_t> got = stream.try_peek({&first, 1});
    if (got && *got == 0) co_return fail(Code::closed, Side::client, Stage::accept);
    if (got) co_return static_cast<unsigned char>(first) == tls::kHandshakeRecord;
    if (got.error().code != Code::would_block) co_return fail(got.error());
    stream.set_read_scope(fresh);
    Result<void> ready = co_await stream.readable(
        {first_byte, Code::keepalive_timeout, Side::client, Stage::accept});
    stream.set_read_scope(&scope);
    if (!ready) co_return fail(ready.error());
  }
}

io::Task<Result<void>> accept_tls(tls::TlsStream& stream, size_t entry_point, OwnContext own,
                                  io::Duration limit, WorkerServices& services, io::Scope& scope) {
  io::Timeout timeout{limit, Code::tls_handshake_timeout, Side::client, Stage::handshake};
  io::TimePoint begin = io::Loop::current()->now();
  auto rest = [&] {
    io::Timeout left = timeout;
    if (left.is_limited())
      left.after = std::max(begin + limit - io::Loop::current()->now(), io::Duration{1});
    return left;
  };
  Result<void> hello = co_await stream.read_hello(timeout);
  if (!hello) co_return fail(hello.error());
  tls::HandshakeGate::Place place(services.handshakes);
  Result<void> entered = co_await place.enter(&scope, rest());
  if (!entered) co_return fail(entered.error());
  // The snapshot may have changed while we waited; nothing of it is kept across the next wait.
  const tls::ServerPolicy* policy = services.snapshot.now().tls.get();
  tls::ServerChoice choice;
  if (own && policy != nullptr)
    choice = policy->choose_with(*own, stream.hello().server_name);
  else if (policy != nullptr && policy->is_enabled(entry_point))
    choice = policy->choose(entry_point, stream.hello().server_name);
  if (choice.certificates == nullptr) {
    stream.refuse_name();
    co_return fail(Code::tls_unknown_name, Side::client, Stage::handshake);
  }
  if (!stream.begin(choice)) co_return fail(Code::tls, Side::self, Stage::handshake);
  choice = {};
  Result<void> done = co_await stream.handshake(rest());
  co_return done;
}

}  // namespace fairlead::server
