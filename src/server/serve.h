// One request from its head to its last byte: forwarded headers, route, chain, answer, record. The
// file to read first. One EntryHandler per worker and entry point; shared by the connections of
// that entry point on that worker.
#pragma once

#include "http/server/server_stream.h"
#include "observe/access_log.h"
#include "observe/metrics.h"
#include "observe/tail.h"
#include "pipeline/exchange.h"
#include "server/options.h"
#include "server/pinned_snapshot.h"
#include "tls/handshake_gate.h"

namespace fairlead::server {

// Where requests are recorded; outlives the workers.
struct Observers {
  observe::AccessLog* access_log = nullptr;  // null: off
  observe::Metrics* metrics = nullptr;
  observe::Tail* tail = nullptr;
};

// What all handlers of a worker share; owned by the worker.
struct WorkerServices {
  WorkerServices(io::WorkerContext& context, CurrentSnapshot& snapshot, Observers observers)
      : context(context),
        snapshot(snapshot),
        observers(observers),
        counters(observers.metrics->worker(context.index())) {}
  io::WorkerContext& context;
  CurrentSnapshot& snapshot;
  Observers observers;
  observe::WorkerCounters& counters;
  uint64_t requests = 0;
  // Why this many: at half a millisecond each it is half a second of work, and no client waits
  // longer for its turn.
  tls::HandshakeGate handshakes{1000};
};

class EntryHandler final : public http::RequestHandler {
 public:
  EntryHandler(const EntryPointOptions& options, size_t index, WorkerServices& services)
      : options_(options),
        index_(index),
        services_(services),
        series_(options.is_measured ? services.observers.metrics->entry_point(options.name)
                                    : nullptr) {}

  io::Task<void> serve(http::ServerStream& stream, Arena& arena, http::RequestHead&& head,
                       http::Body* body, const http::Peers& peers) override;
  void refused(Error error, const http::Peers& peers) override;

 private:
  io::Task<pipeline::Reply> answer(pipeline::Exchange& x, const routing::RoutingSnapshot& snapshot,
                                   const http::Peers& peers);
  io::Task<void> send(http::ServerStream& stream, pipeline::Exchange& x,
                      pipeline::Response response);
  void finish(http::ServerStream& stream, pipeline::Exchange& x, const http::ResponseHead* head);
  void count(const pipeline::Exchange& x) const;
  void tell(pipeline::Exchange& x, const http::ResponseHead* head, bool is_logged, bool is_watched);

  const EntryPointOptions& options_;
  size_t index_;
  WorkerServices& services_;
  std::shared_ptr<const observe::Series> series_;
};

}  // namespace fairlead::server
