#include "server/proxy_protocol.h"

#include <algorithm>

#include "io/proxy_header.h"

namespace fairlead::server {
namespace {

using Parser = io::ProxyHeaderParser;

constexpr io::Duration kFirstLook{5};
constexpr io::Duration kSlowestLook{320};

// A look at what is there; what belongs to the header is taken off the stream.
Result<Parser::Step> look(io::Stream& stream, Parser& parser) {
  char begin[512];
  Result<size_t> got = stream.try_peek(begin);
  if (!got) return fail(got.error());
  if (*got == 0) return fail(Code::closed, Side::client, Stage::accept);
  Result<Parser::Step> step = parser.feed({begin, *got});
  if (!step || step->taken == 0) return step;
  Result<size_t> taken = stream.try_read({begin, step->taken});
  if (!taken || *taken != step->taken) return fail(Code::io, Side::client, Stage::accept);
  return step;
}

}  // namespace

bool ProxyProtocolPolicy::trusts(const io::Address& peer) const {
  if (trusts_everyone || peer.ip_bytes().empty()) return true;
  std::string_view address = peer.ip_bytes();
  return std::ranges::any_of(trusted,
                             [&](const TrustedRange& range) { return range.contains(address); });
}

io::Task<Result<void>> take_proxy_header(io::Stream& stream, const ProxyProtocolPolicy& policy,
                                         io::Duration limit, io::Scope* fresh, io::Scope& scope) {
  Parser parser;
  io::Loop& loop = *io::Loop::current();
  io::TimePoint begin = loop.now();
  io::Duration pause = kFirstLook;
  for (;;) {
    Result<Parser::Step> step = look(stream, parser);
    if (step && step->state == Parser::State::absent) co_return Result<void>{};
    if (step && step->state == Parser::State::found) break;
    bool is_silent = !step && step.error().code == Code::would_block;
    if (!step && !is_silent) co_return fail(step.error());
    io::Duration left = begin + limit - loop.now();
    if (limit > io::Duration::zero() && left <= io::Duration::zero())
      co_return fail(Code::client_header_timeout, Side::client, Stage::accept);
    if (step && step->taken == 0) {
      // Bytes that may yet be the client's own stay in the socket, which would be readable at once.
      Result<void> paused = co_await io::sleep_for(std::min(pause, kSlowestLook), fresh);
      if (!paused && fresh->is_cancelled()) co_return fail(Code::cancelled);
      pause *= 2;
      continue;
    }
    stream.set_read_scope(fresh);
    Result<void> ready =
        co_await stream.readable({limit > io::Duration::zero() ? left : limit,
                                  Code::client_header_timeout, Side::client, Stage::accept});
    stream.set_read_scope(&scope);
    if (!ready) co_return fail(ready.error());
  }
  if (policy.trusts(stream.peer())) stream.speaks_for(parser.source(), parser.destination());
  co_return Result<void>{};
}

}  // namespace fairlead::server
