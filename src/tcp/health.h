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
  std::string key;  // equal for checks that are the same
};

// One probe: nothing when the server is well.
io::Task<Result<void>> probe(io::Resolver& resolver, const HealthCheck& check, io::Scope& scope);

class HealthProber {
 public:
  explicit HealthProber(io::Resolver& resolver) : resolver_(resolver) {}
  ~HealthProber();
  HealthProber(const HealthProber&) = delete;
  HealthProber& operator=(const HealthProber&) = delete;

  // These and no others from now on.
  void set_checks(std::vector<HealthCheck> checks);
  // Ends them all; await before destroying.
  io::Task<void> stop();

  // Of every check: service, address, whether it is up. Any thread.
  using Emit = std::function<void(const std::string&, const std::string&, bool)>;
  void each(const Emit& emit) const;

 private:
  struct Running {
    explicit Running(HealthCheck what) : check(std::move(what)) {}
    HealthCheck check;
    io::Scope scope;
  };
  using Shown = std::vector<HealthCheck>;

  static io::Task<void> watch(io::Resolver& resolver, Running& running);
  void forget_ended();

  io::Resolver& resolver_;
  std::map<std::string, std::unique_ptr<Running>> running_;
  std::vector<std::unique_ptr<Running>> ending_;
  std::atomic<std::shared_ptr<const Shown>> shown_;
};

}  // namespace fairlead::tcp
