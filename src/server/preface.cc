#include "server/preface.h"

#include <algorithm>
#include <optional>

#include "tcp/postgres.h"

namespace fairlead::server {
namespace {

constexpr size_t kPiece = 4096;

// Nothing: the next bytes decide.
std::optional<Preface::Kind> judge(Preface& preface, bool asks_postgres) {
  using Kind = Preface::Kind;
  std::string_view bytes = preface.bytes;
  if (bytes.empty()) return std::nullopt;
  if (static_cast<unsigned char>(bytes.front()) == tls::kHandshakeRecord) {
    bool is_short = bytes.size() <= tls::kMaxClientHelloBytes + kPiece;
    tls::HelloState state = tls::read_client_hello(bytes, preface.hello);
    if (state == tls::HelloState::incomplete && is_short) return std::nullopt;
    return Kind::tls;
  }
  if (!asks_postgres || !tcp::may_be_postgres_request(bytes)) return Kind::clear;
  if (bytes.size() < tcp::kPostgresSslRequest.size()) return std::nullopt;
  bool is_tls = bytes.starts_with(tcp::kPostgresSslRequest);
  return is_tls ? Kind::postgres_tls : Kind::postgres_gss;
}

}  // namespace

io::Task<Result<Preface>> read_preface(io::Stream& stream, Arrival at, bool asks_postgres) {
  Preface preface;
  io::TimePoint deadline{};
  for (;;) {
    size_t before = preface.bytes.size();
    preface.bytes.resize(before + kPiece);
    Result<size_t> got = stream.try_read({preface.bytes.data() + before, kPiece});
    preface.bytes.resize(before + got.value_or(0));
    if (got && *got == 0) co_return fail(Code::closed, Side::client, Stage::accept);
    if (got) {
      std::optional<Preface::Kind> kind = judge(preface, asks_postgres);
      if (!kind) continue;
      preface.kind = *kind;
      co_return preface;
    }
    if (got.error().code != Code::would_block) co_return fail(got.error());
    io::Timeout limit{at.options.http.first_byte, Code::keepalive_timeout, Side::client,
                      Stage::accept};
    if (preface.bytes.empty()) {
      preface.bytes = {};  // nothing is held for a client that says nothing
      stream.set_read_scope(at.drain.fresh);
    } else {
      io::TimePoint now = io::Loop::current()->now();
      if (deadline == io::TimePoint{}) deadline = now + at.options.handshake;
      limit.after = std::max(deadline - now, io::Duration{1});
      limit.code = Code::tls_handshake_timeout;
    }
    Result<void> ready = co_await stream.readable(limit);
    stream.set_read_scope(&at.scope);
    if (!ready) co_return fail(ready.error());
  }
}

}  // namespace fairlead::server
