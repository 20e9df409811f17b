#include "server/server.h"

#include <atomic>

#include <sys/resource.h>

#include "server/datagram_sockets.h"

namespace fairlead::server {
namespace {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::open(ServerOptions options,
                                                                 SnapshotPtr first,
                                                                 Observers observers,
                                                                 io::Mailbox& control,
                                                                 InheritedSockets& inherited) {
  raise_descriptor_limit();
  std::unique_ptr<Server> server(new Server(std::move(options), control));
  unsigned workers = server->options_.workers;
  auto opened = server->sockets_.open(server->options_.entry_points, workers, inherited);
  if (!opened) return std::unexpected(opened.error());
  auto datagrams = open_datagram_sockets(server->options_.udp_entry_points, workers, inherited);
  if (!datagrams) return std::unexpected(datagrams.error());
  std::vector<std::vector<Worker::Listening>> listening = server->sockets_.deal(workers);
  for (unsigned i = 0; i < workers; ++i) {
    auto give_back = [&control](SnapshotPtr snapshot) {
      // The last reference goes on the control thread.
      control.post([snapshot = std::move(snapshot)]() mutable { snapshot.reset(); });
    };
    server->workers_.push_back(
        std::make_unique<Worker>(i, server->options_, std::move(listening[i]),
                                 std::move((*datagrams)[i]), first, observers, give_back));
  }
  return server;
}

Server::~Server() { stop(); }

void Server::start() {
  for (auto& worker : workers_) worker->start();
}

void Server::replace_first(SnapshotPtr snapshot) {
  for (auto& worker : workers_) worker->replace_first(snapshot);
}

void Server::publish(SnapshotPtr snapshot, std::function<void()> all_have_it) {
  auto each = when_all(std::move(all_have_it));
  for (auto& worker : workers_) worker->publish(snapshot, each);
}

void Server::on_every_worker(std::function<void()> job, std::function<void()> all_have_run) {
  auto each = when_all(std::move(all_have_run));
  for (auto& worker : workers_) {
    worker->post([job, each] {
      job();
      each();
    });
  }
}

// A function that every worker calls once; the last call passes `done` on to the control thread.
std::function<void()> Server::when_all(std::function<void()> done) {
  auto waiting = std::make_shared<std::atomic<size_t>>(workers_.size());
  return [this, waiting, done = std::move(done)] {
    if (waiting->fetch_sub(1) == 1) control_.post(done);
  };
}

void Server::drain(const DrainPatience& patience, ListeningSockets::Files files) {
  sockets_.close(files);
  for (auto& worker : workers_) worker->drain(patience);
}

bool Server::is_drained() const {
  for (const auto& worker : workers_) {
    if (!worker->is_drained()) return false;
  }
  return true;
}

void Server::stop() {
  for (auto& worker : workers_) worker->stop();
  for (auto& worker : workers_) worker->join();
  workers_.clear();
}

}  // namespace fairlead::server
