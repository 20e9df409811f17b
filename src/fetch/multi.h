// libcurl's set of transfers on the control loop: sockets through FdWatch, its one timer through
// the wheel. Owned by the Client; control thread. Never entered from inside one of libcurl's
// callbacks.
#pragma once

#include <map>
#include <memory>

#include <curl/curl.h>

#include "fetch/transfer.h"
#include "io/fd_watch.h"
#include "io/timer_wheel.h"

namespace fairlead::fetch {

class Multi {
 public:
  Multi();
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  // Starts the transfer; it must be removed before it dies.
  void add(Transfer& transfer);
  void remove(Transfer& transfer);
  // Reads on after a pause.
  void resume(Transfer& transfer);

 private:
  struct Socket {
    Socket(Multi& owner, int descriptor);
    Multi& multi;
    int fd;
    io::FdWatch watch;
  };
  struct Alarm : io::Timer {
    explicit Alarm(Multi& owner) : Timer(&Multi::on_alarm), multi(owner) {}
    Multi& multi;
  };

  void act(curl_socket_t socket, int events);
  void collect();
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket);
  static int on_timer(CURLM* multi, long ms, void* self);
  static void on_alarm(io::Timer& timer);
  static void on_event(void* socket, io::FdWatch::Events events);

  CURLM* multi_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  Alarm alarm_{*this};
  bool is_due_ = false;  // libcurl asked to be called at once
};

}  // namespace fairlead::fetch
