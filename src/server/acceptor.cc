#include "server/acceptor.h"

#include "base/log.h"

namespace fairlead::server {
namespace {
constexpr int kBatch = 64;
constexpr io::Duration kExhaustedPause{50};
}  // namespace

bool Acceptor::accept_batch() {
  for (int i = 0; i < kBatch; ++i) {
    Result<io::StreamPtr> stream = listener_.try_accept();
    if (!stream) return stream.error().code != Code::limit_reached;
    connections_.spawn(serve_connection(std::move(*stream)));
  }
  return true;
}

io::Task<void> Acceptor::serve_connection(io::StreamPtr stream) {
  io::Scope scope(&connections_);
  services_.counters.connection_opened(entry_point_);
  co_await http::run_h1_connection(*stream, handler_, options_.http, drain_, scope, false);
  services_.counters.connection_closed(entry_point_);
}

io::Task<void> Acceptor::run(io::Scope& scope) {
  for (;;) {
    Result<void> ready = co_await listener_.ready(&scope);
    if (!ready) break;
    if (accept_batch()) continue;
    log::warn("out of file descriptors: connections wait", {{"entryPoint", options_.name}});
    Result<void> paused = co_await io::sleep_for(kExhaustedPause, &scope);
    if (!paused && scope.is_cancelled()) break;
  }
  accept_batch();
  listener_.close();
}

}  // namespace fairlead::server
