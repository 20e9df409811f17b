// What systemd wants to know of us (sd_notify(3), Type=notify), said directly over the socket it
// names in NOTIFY_SOCKET; nothing happens where there is none. Control thread.
#pragma once

#include <string>

#include <sys/types.h>

#include "io/scope.h"
#include "io/task.h"
#include "io/timer_wheel.h"

namespace fairlead::server {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceManager from_environment();

  void ready() const { say("READY=1\nSTATUS=serving"); }
  void reloading() const;
  void stopping() const { say("STOPPING=1\nSTATUS=finishing requests"); }
  // From now on `pid` is the service; our own end is not its end.
  void hand_over_to(pid_t pid) const;
  // Tells that we live, twice in each of the manager's intervals; returns at once where it has
  // none.
  io::Task<void> keep_alive(io::Scope& scope) const;

 private:
  void say(const std::string& state) const;

  std::string socket_;
  io::Duration watchdog_{0};
};

}  // namespace fairlead::server
