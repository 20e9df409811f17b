#include "health/ping.h"

#include "health/active_check.h"
#include "io/socket_stream.h"

namespace fairlead::health {

io::Task<bool> can_connect(const upstream::HealthTable::Entry& entry, io::Resolver& resolver,
                           io::Duration limit, io::Scope& scope) {
  io::Timeout timeout{limit, Code::upstream_connect_timeout, Side::upstream, Stage::connect};
  std::vector<io::Address> addresses;
  if (entry.address) {
    addresses.push_back(*entry.address);
  } else {
    auto found = co_await resolver.resolve(entry.host, entry.port, &scope);
    if (found) addresses = std::move(*found);
  }
  for (const io::Address& address : addresses) {
    Result<io::StreamPtr> stream = co_await io::connect(address, timeout, &scope);
    if (!stream) continue;
    // Not a reset: some servers log one for each connection that goes like that.
    (*stream)->close();
    co_return true;
  }
  co_return false;
}

io::Task<bool> answers_ping(const upstream::HealthTable::Entry& entry, fetch::Client& fetch,
                            io::Duration limit, io::Scope& scope) {
  fetch::Request request;
  if (entry.scheme == "unix") request.unix_socket = entry.host;
  request.method = "OPTIONS";
  request.url = base_url(entry, {}, 0) + "/";
  request.target = "*";
  request.connect_timeout = request.total_timeout = limit;
  request.speaks_http2 = entry.scheme == "h2c";
  request.needs_fresh_connection = true;
  request.tls.skips_verification = true;
  auto answer = co_await fetch.send(std::move(request), scope);
  if (answer) co_return true;
  switch (answer.error().error.code) {
    case Code::request_total_timeout:
    case Code::refused:
    case Code::resolve:
    case Code::cancelled:
      co_return false;
    default:
      co_return true;  // it did something
  }
}

}  // namespace fairlead::health
