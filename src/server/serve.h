// One request from its head to its last byte: forwarded headers, route, chain, answer, record. The file to read first.
// One EntryHandler per worker and entry point; shared by the connections of that entry point on that worker.
#pragma once

#include "http/server/server_stream.h"
#include "observe/access_log.h"
#include "pipeline/exchange.h"
#include "server/options.h"
#include "server/pinned_snapshot.h"

namespace fairlead::server {

// What all handlers of a worker share; owned by the worker.
struct WorkerServices {
  io::WorkerContext& context;
  CurrentSnapshot& snapshot;
  observe::AccessLog* access_log = nullptr;  // null: off
  uint64_t requests = 0;
};

class EntryHandler final : public http::RequestHandler {
 public:
  EntryHandler(const EntryPointOptions& options, size_t index, WorkerServices& services)
      : options_(options), index_(index), services_(services) {}

  io::Task<void> serve(http::ServerStream& stream, Arena& arena, http::RequestHead&& head, http::Body* body,
                       const http::Peers& peers) override;
  void refused(Error error, const http::Peers& peers) override;

 private:
  io::Task<pipeline::Reply> answer(pipeline::Exchange& x, const routing::RoutingSnapshot& snapshot);
  io::Task<void> send(http::ServerStream& stream, pipeline::Exchange& x, pipeline::Response response);
  void finish(http::ServerStream& stream, pipeline::Exchange& x, const http::ResponseHead* head);

  const EntryPointOptions& options_;
  size_t index_;
  WorkerServices& services_;
};

}  // namespace fairlead::server
