// The data plane in a test: a dynamic configuration as YAML, one worker on a port of its own, an
// origin that answers by script, and a blocking client. Everything over loopback sockets, nothing
// left behind.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "control/configuration.h"
#include "io/mailbox.h"
#include "observe/metrics.h"
#include "server/server.h"

namespace fairlead::testing {

// A blocking TCP connection with a few seconds of patience.
class Client {
 public:
  explicit Client(uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);
  void finish_sending();
  // One response with a Content-Length body (or none for 1xx, 204, 304); "" when the peer closed
  // first.
  std::string receive(bool is_head = false);
  // Everything until the peer closes.
  std::string receive_all();

 private:
  int fd_;
  std::string unread_;
};

// Accepts connections and hands each request's head (and the connection) to a script, on a thread
// of its own.
class Origin {
 public:
  // Gets the bytes of a whole head; returns the bytes to send back, or "" to close.
  using Script = std::function<std::string(const std::string& head)>;
  explicit Origin(Script script);
  ~Origin();
  uint16_t port() const { return port_; }
  unsigned connections() const { return connections_; }
  unsigned requests() const { return requests_; }

 private:
  void run();
  void serve(int fd);

  Script script_;
  int listening_;
  uint16_t port_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<unsigned> connections_{0}, requests_{0};
  std::thread acceptor_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::vector<int> fds_;
};

// "HTTP/1.1 200 OK" with this body.
std::string ok_response(std::string_view body);

class DataPlane {
 public:
  // `http` is the dynamic document's text.
  explicit DataPlane(const std::string& document,
                     std::function<void(server::EntryPointOptions&)> adjust = {});
  ~DataPlane();

  uint16_t port() const { return port_; }
  // Publishes another document and waits until the worker has it.
  void publish(const std::string& document);
  // Runs something on the worker's thread and waits for it.
  void on_worker(std::function<void()> job);
  const config::Diagnostics& diagnostics() const { return diagnostics_; }
  server::Server& server() { return *server_; }
  upstream::HealthTable& health() { return health_; }

 private:
  control::Outcome build(const std::string& document);

  upstream::HealthTable health_;
  io::UvLoop control_loop_;
  io::Mailbox mailbox_{control_loop_};
  observe::Metrics metrics_;
  std::unique_ptr<control::Configuration> configuration_;
  std::unique_ptr<server::Server> server_;
  control::Outcome current_;
  config::Diagnostics diagnostics_;
  uint16_t port_;
};

}  // namespace fairlead::testing
