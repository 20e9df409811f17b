#include "tcp/load_balancer.h"

#include <algorithm>

#include "tcp/proxy_header.h"

namespace fairlead::tcp {
namespace {

constexpr size_t kMostAttempts = 5;
// A server that did not answer is asked again after this: long enough that a row of clients does
// not wait for it one by one, short enough that its return is noticed at once.
constexpr int64_t kAvoidedFor = 1000;

int64_t now_ms() { return io::Loop::current()->now().time_since_epoch() / io::Duration{1}; }

}  // namespace

bool LoadBalancer::is_up() const {
  return std::ranges::any_of(servers_, [](const Server& server) {
    return server.state->is_up.load(std::memory_order_relaxed);
  });
}

const Server* LoadBalancer::pick(std::span<const Server* const> tried) const {
  if (servers_.empty()) return nullptr;
  uint64_t turn = state_->cursor.fetch_add(1, std::memory_order_relaxed);
  int64_t now = now_ms();
  const Server* avoided = nullptr;
  for (size_t i = 0; i < servers_.size(); ++i) {
    const Server& server = servers_[(turn + i) % servers_.size()];
    bool is_usable = server.state->is_up.load(std::memory_order_relaxed) &&
                     std::ranges::find(tried, &server) == tried.end();
    if (!is_usable) continue;
    if (server.state->avoided_until.load(std::memory_order_relaxed) <= now) return &server;
    if (avoided == nullptr) avoided = &server;
  }
  return avoided;
}

io::Task<Result<Upstream>> LoadBalancer::connect_to(const Server& server,
                                                    Connection& connection) const {
  Result<io::StreamPtr> stream =
      co_await dial(connection.worker.resolver(), server, transport_, connection.scope);
  if (!stream) co_return fail(stream.error());
  if (transport_.proxy_protocol != 0) {
    std::string header = proxy_header(transport_.proxy_protocol, connection.peer, connection.local);
    iovec part{header.data(), header.size()};
    io::Timeout limit{transport_.dial_timeout, Code::upstream_connect_timeout, Side::upstream,
                      Stage::connect};
    Result<void> sent = co_await io::write_all(**stream, {&part, 1}, limit);
    if (!sent) co_return fail(sent.error());
  }
  if (server.uses_tls) {
    stream = co_await begin_tls(std::move(*stream), server, transport_, connection.scope);
    if (!stream) co_return fail(stream.error());
  }
  co_return Upstream{std::move(*stream), transport_.termination_delay};
}

io::Task<Result<Upstream>> LoadBalancer::connect(Connection& connection) const {
  const Server* tried[kMostAttempts];
  size_t attempts = 0;
  Error last{Code::no_server, Side::self, Stage::route, Retry::never, 0};
  while (attempts < kMostAttempts) {
    const Server* server = pick({tried, attempts});
    if (server == nullptr) break;
    tried[attempts++] = server;
    Result<Upstream> made = co_await connect_to(*server, connection);
    if (made) co_return made;
    last = made.error();
    if (connection.scope.is_cancelled()) break;
    server->state->avoided_until.store(now_ms() + kAvoidedFor, std::memory_order_relaxed);
  }
  co_return fail(last);
}

}  // namespace fairlead::tcp
