// Takes connections from one listening socket of one worker and runs each to its end. Survives
// running out of descriptors: it waits a little and goes on.
#pragma once

#include "http/server/h1_connection.h"
#include "io/listener.h"
#include "server/serve.h"

namespace fairlead::server {

class Acceptor {
 public:
  Acceptor(int listening_fd, EntryHandler& handler, const EntryPointOptions& options,
           const http::DrainState& drain, io::Scope& connections, WorkerServices& services,
           size_t entry_point)
      : listener_(listening_fd),
        handler_(handler),
        options_(options),
        drain_(drain),
        connections_(connections),
        services_(services),
        entry_point_(entry_point) {}

  // Until the scope is cancelled; then everything that waits in the queue is still taken, and the
  // socket closed.
  io::Task<void> run(io::Scope& scope);

 private:
  enum class Queue : uint8_t { empty, has_more, stuck };  // stuck: descriptors have run out
  // Takes what is there, at most a batch.
  Queue accept_batch();
  io::Task<void> serve_connection(io::StreamPtr stream);
  io::Task<Result<void>> learn_client(io::Stream& stream, io::Scope& scope);
  // Of an entry point that has both: by what the client sends first.
  io::Task<void> serve_either(io::StreamPtr stream, io::Scope& scope);
  io::Task<void> serve_tls(io::StreamPtr stream, io::Scope& scope);

  io::Listener listener_;
  EntryHandler& handler_;
  const EntryPointOptions& options_;
  const http::DrainState& drain_;
  io::Scope& connections_;
  WorkerServices& services_;
  size_t entry_point_;
};

}  // namespace fairlead::server
