#include "server/worker.h"

#include <algorithm>

#include <pthread.h>
#include <sched.h>

#include "base/log.h"
#include "udp/relay.h"

namespace fairlead::server {
// Lives on the worker's own thread.
struct Worker::State {
  State(Worker& worker)
      : context(*worker.loop_, worker.index_),
        snapshot(std::move(worker.first_), worker.give_back_),
        services{context, snapshot, worker.observers_} {
    drain.idle = &idle;
    drain.fresh = &fresh;
    drain.notice = &notice;
  }

  io::WorkerContext context;
  CurrentSnapshot snapshot;
  WorkerServices services;
  http::DrainState drain;
  io::Scope accepting;                                  // the acceptors
  io::Scope sessions;                                   // of UDP
  std::vector<std::unique_ptr<io::Scope>> connections;  // of each entry point

  bool is_idle() const {
    return accepting.is_idle() && sessions.is_idle() &&
           std::ranges::all_of(connections, [](const auto& scope) { return scope->is_idle(); });
  }
  io::Scope idle, fresh, notice;
  std::vector<std::unique_ptr<EntryHandler>> handlers;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::vector<std::unique_ptr<udp::Relay>> relays;
};

namespace {

udp::RelaySettings relay_settings(const UdpEntryPointOptions& options, size_t index,
                                  WorkerServices& services) {
  udp::RelaySettings settings;
  settings.timeout = options.timeout;
  settings.most_sessions = options.most_sessions;
  settings.service = [&services, index] { return services.snapshot.now().udp[index].service; };
  settings.version = [&services] { return services.snapshot.now().version; };
  settings.opened = [&services, index] { services.counters.session_opened(index); };
  settings.closed = [&services, index] { services.counters.session_closed(index); };
  settings.dropped = [&services](Code why) { services.counters.refused(why); };
  return settings;
}

}  // namespace

Worker::Worker(unsigned index, const ServerOptions& options, std::vector<Listening> listening,
               std::vector<Listening> datagrams, SnapshotPtr snapshot, Observers observers,
               std::function<void(SnapshotPtr)> give_back)
    : index_(index),
      options_(options),
      listening_(std::move(listening)),
      datagrams_(std::move(datagrams)),
      first_(std::move(snapshot)),
      observers_(observers),
      give_back_(std::move(give_back)),
      loop_(std::make_unique<io::UvLoop>()),
      mailbox_(std::make_unique<io::Mailbox>(*loop_)) {}

Worker::~Worker() { join(); }

void Worker::start() { thread_ = std::thread(&Worker::run, this); }

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::pin_to_cpu() {
  if (index_ >= options_.cpus.size()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(options_.cpus[index_]), &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void Worker::run() {
  pthread_setname_np(pthread_self(), ("worker-" + std::to_string(index_)).c_str());
  pin_to_cpu();
  io::Loop::current() = loop_.get();
  {
    State state(*this);
    state_ = &state;
    for (size_t i = 0; i < options_.entry_points.size(); ++i) {
      state.handlers.push_back(
          std::make_unique<EntryHandler>(options_.entry_points[i], i, state.services));
      state.connections.push_back(std::make_unique<io::Scope>());
    }
    for (const Listening& one : listening_) {
      state.acceptors.push_back(std::make_unique<Acceptor>(
          one.fd, *state.handlers[one.entry_point], options_.entry_points[one.entry_point],
          state.drain, *state.connections[one.entry_point], state.services, one.entry_point));
      state.accepting.spawn(state.acceptors.back()->run(state.accepting));
    }
    for (const Listening& one : datagrams_) {
      const UdpEntryPointOptions& options = options_.udp_entry_points[one.entry_point];
      state.relays.push_back(std::make_unique<udp::Relay>(
          one.fd, relay_settings(options, one.entry_point, state.services), state.context,
          state.sessions));
      state.accepting.spawn(state.relays.back()->run(state.accepting));
    }
    loop_->run();
    // Everything that still waits ends with an error and returns by its normal path.
    state.accepting.cancel(Error{Code::cancelled});
    state.idle.cancel(Error{Code::cancelled});
    state.fresh.cancel(Error{Code::cancelled});
    state.notice.cancel(Error{Code::cancelled});
    state.sessions.cancel(Error{Code::drain_timeout});
    for (auto& scope : state.connections) scope->cancel(Error{Code::drain_timeout});
    state.context.detached().cancel(Error{Code::cancelled});
    while (!state.is_idle() || !state.context.detached().is_idle()) loop_->step();
    mailbox_.reset();
    state_ = nullptr;
  }
  loop_.reset();
}

void Worker::publish(SnapshotPtr snapshot, std::function<void()> acknowledge) {
  mailbox_->post(
      [this, snapshot = std::move(snapshot), acknowledge = std::move(acknowledge)]() mutable {
        if (state_ != nullptr) state_->snapshot.replace(std::move(snapshot));
        acknowledge();
      });
}

void Worker::drain(const DrainPatience& patience) {
  mailbox_->post([this, patience] {
    if (state_ == nullptr || state_->drain.is_draining) return;
    state_->drain.is_draining = true;
    state_->accepting.cancel(Error{Code::cancelled});
    state_->notice.cancel(Error{Code::cancelled});
    if (patience.idle > io::Duration::zero()) {
      state_->idle.set_deadline({patience.idle, Code::cancelled});
    } else {
      state_->idle.cancel(Error{Code::cancelled});
    }
    state_->fresh.set_deadline({patience.fresh, Code::cancelled});
    bool is_own = patience.requests <= io::Duration::zero();
    io::Duration longest = is_own ? options_.drain.grace : patience.requests;
    state_->sessions.set_deadline({std::max(longest, io::Duration{1}), Code::drain_timeout});
    for (size_t i = 0; i < state_->connections.size(); ++i) {
      io::Duration grace = is_own ? options_.entry_points[i].grace : patience.requests;
      state_->connections[i]->set_deadline({std::max(grace, io::Duration{1}), Code::drain_timeout});
    }
    state_->accepting.spawn(watch_drain());
  });
}

io::Task<void> Worker::watch_drain() {
  for (size_t i = 0; i < state_->connections.size(); ++i) {
    co_await state_->connections[i]->join();
    if (!state_->connections[i]->is_cancelled()) continue;
    log::warn("requests were cut off when the grace time ended",
              {{"entryPoint", options_.entry_points[i].name}});
  }
  co_await state_->sessions.join();
  is_drained_ = true;
}

void Worker::stop() { loop_->stop(); }

}  // namespace fairlead::server
