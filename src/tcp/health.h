// Active health checks of TCP servers: connect, send, compare the answer. One task a server on the
// control thread's loop; what it finds goes into the server's state, which workers read. A check
// that a new configuration keeps goes on as it was.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tcp/server.h"

namespace fairlead::tcp {

struct HealthCheck {
  std::string service;  // qualified
  Server server;        // the port that is probed; its state is the one that is set
  std::string address;  // of the server itself, for people
  std::string send, expect;
  io::Duration interval{30'000}, unhealthy_interval{30'000}, timeout{5'000};
  tls::ClientContextPtr tls;
  std::string key;  // equal for checks that are the same
};

// One probe: nothing when the server is well.
io::Task<Result<void>> probe(io::Resolver& resolver, const HealthCheck& check, io::Scope& scope);

class HealthProber {
 public:
  // `tasks` ends the checks; it must be idle before anything here is destroyed.
  HealthProber(io::Resolver& resolver, io::Scope& tasks) : resolver_(resolver), tasks_(tasks) {}
  HealthProber(const HealthProber&) = delete;
  HealthProber& operator=(const HealthProber&) = delete;

  // These and no others from now on.
  void set_checks(const std::vector<HealthCheck>& checks);

  // Any thread; nothing when it is not checked.
  std::optional<bool> is_up(const std::string& service, const std::string& address) const;
  // Of every check: service, address, whether it is up. Any thread.
  using Emit = std::function<void(const std::string&, const std::string&, bool)>;
  void each(const Emit& emit) const;

 private:
  struct Running {
    Running(const HealthCheck& what, io::Scope& parent) : check(what), scope(&parent) {}
    HealthCheck check;
    io::Scope scope;
  };
  using RunningPtr = std::shared_ptr<Running>;
  using Shown = std::vector<HealthCheck>;

  static io::Task<void> watch(io::Resolver& resolver, RunningPtr running);

  io::Resolver& resolver_;
  io::Scope& tasks_;
  std::map<std::string, RunningPtr> running_;
  std::atomic<std::shared_ptr<const Shown>> shown_;
};

}  // namespace fairlead::tcp
