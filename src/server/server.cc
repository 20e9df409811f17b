#include "server/server.h"

#include <atomic>
#include <cerrno>
#include <cstring>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

std::string cannot_listen(const EntryPointOptions& entry, const io::Address& address, int error) {
  std::string text = "entry point " + entry.name + ": cannot listen on " + address.text() + ": " +
                     std::strerror(error);
  if (error == EADDRINUSE) {
    text += "; another process has this port (ss -ltnp shows which), or set entryPoints." +
            entry.name + ".address";
  } else if (error == EACCES) {
    text += "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  }
  return text;
}

// With SO_REUSEPORT a second process could share the port unnoticed: a plain bind tells.
int check_port_is_free(const io::Address& address) {
  if (address.is_unix()) return 0;
  int fd = ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int error = ::bind(fd, address.raw(), address.raw_bytes()) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

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
                                                                 io::Mailbox& control) {
  raise_descriptor_limit();
  std::unique_ptr<Server> server(new Server(std::move(options), control));
  std::vector<std::vector<Worker::Listening>> listening(server->options_.workers);
  if (auto opened = server->open_entry_points(listening); !opened) {
    for (auto& sockets : listening) {
      for (Worker::Listening& one : sockets) ::close(one.fd);
    }
    return std::unexpected(opened.error());
  }
  for (unsigned i = 0; i < server->options_.workers; ++i) {
    auto give_back = [&control](SnapshotPtr snapshot) {
      // The last reference goes on the control thread.
      control.post([snapshot = std::move(snapshot)]() mutable { snapshot.reset(); });
    };
    server->workers_.push_back(std::make_unique<Worker>(
        i, server->options_, std::move(listening[i]), first, observers, give_back));
  }
  return server;
}

std::expected<void, std::string> Server::open_entry_points(
    std::vector<std::vector<Worker::Listening>>& per_worker) {
  for (size_t e = 0; e < options_.entry_points.size(); ++e) {
    EntryPointOptions& entry = options_.entry_points[e];
    for (const io::Address& address : entry.addresses) {
      int error = entry.reuses_port ? 0 : check_port_is_free(address);
      if (error != 0) return std::unexpected(cannot_listen(entry, address, error));
      for (auto& sockets : per_worker) {
        Result<int> fd = io::open_listener(address);
        if (!fd) return std::unexpected(cannot_listen(entry, address, fd.error().os));
        sockets.push_back({*fd, e});
      }
    }
  }
  return {};
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

void Server::drain() {
  for (auto& worker : workers_) worker->drain();
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
