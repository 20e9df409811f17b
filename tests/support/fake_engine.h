// A scripted Docker Engine on a Unix socket, on threads of its own: ping, list, inspect, events.
// Tests change its containers, send events, cut streams, answer with errors and hold answers back.
// Any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace fairlead::testing {

class FakeEngine {
 public:
  FakeEngine();  // listening
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  const std::string& path() const { return path_; }
  std::string endpoint() const { return "unix://" + path_; }

  // A running container on the network "n", with one exposed port; `labels` as JSON members:
  // "\"a\":\"b\"".
  void set_container(const std::string& id, const std::string& name, const std::string& ip,
                     const std::string& labels = "", const std::string& state = "running");
  // As set_container, but the list knows no ports: it has to be inspected.
  void set_host_container(const std::string& id, const std::string& name);
  void set_stop_signal(const std::string& id, const std::string& signal);
  void remove_container(const std::string& id);
  // {"Type":"container","Action":action,"Actor":{"ID":id,"Attributes":{attributes}}}
  void send_event(const std::string& action, const std::string& id,
                  const std::string& attributes = "");
  void send_line(const std::string& line);  // as it is

  void stop();   // closes everything, refuses connections
  void start();  // again, with the same containers
  void cut_streams();
  // The next `times` requests whose path contains `part` are answered with `status` and `body`.
  void fail(const std::string& part, int status, int times, const std::string& body = "");
  void set_api_version(const std::string& version);  // "" leaves the header out
  // Requests whose path contains `part` wait until released.
  void hold(const std::string& part);
  void release();

  // How many requests had a path with `part` in it.
  int asked(const std::string& part) const;
  size_t subscribers() const;

 private:
  struct Entry {
    std::string listed, inspected, name, ip, labels, state, stop_signal;
    bool is_host = false;
  };
  struct Failure {
    std::string part, body;
    int status, times;
  };

  void accept_all(int listener);
  void serve(int fd);
  bool answer(int fd, const std::string& path);
  bool stream_events(int fd);
  std::string list_json();
  std::string inspect_json(const std::string& id);
  void join_all();

  std::string folder_, path_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> containers_;
  std::vector<std::string> log_;
  std::deque<Failure> failures_;
  std::string held_;
  std::string version_ = "1.41";
  std::vector<std::string> events_;  // every line ever sent; streams remember how far they are
  unsigned cuts_ = 0;
  size_t subscribers_ = 0;
  bool is_stopping_ = false;
  int listener_ = -1;
  std::set<int> open_;
  std::thread acceptor_;
  std::vector<std::thread> servers_;
};

}  // namespace fairlead::testing
