// A scripted Kubernetes API server on a port of its own, on threads: lists in pages, watches with a
// history, streamed lists, leases, and writes that are recorded. Tests change objects, forget the
// history, cut connections after any number of bytes, answer with errors and send events of their
// own. Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

namespace fairlead::testing {

class FakeApiServer {
 public:
  using Json = nlohmann::json;
  struct Write {
    std::string method, path, type;
    Json body;
  };

  FakeApiServer();  // listening
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // `resource` is the plural ("ingresses"); the object needs metadata.name, and gets a version.
  void put(const std::string& resource, Json object);
  void put(const std::string& resource, const std::string& json) {
    put(resource, Json::parse(json));
  }
  // `key` is "namespace/name".
  void remove(const std::string& resource, const std::string& key);
  Json get(const std::string& resource, const std::string& key) const;

  // A line in the watches of a resource, as it is.
  void send_line(const std::string& resource, const std::string& line);
  // Watches from versions before now are answered 410.
  void forget_history();
  // Ends every open watch in good order, or in the middle of things.
  void end_watches();
  void cut_watches();
  // The next connections end after so many bytes of answers, one number each.
  void cut_after(std::vector<size_t> bytes);
  // The next `times` requests whose path and query contain `part` are answered so.
  void fail(const std::string& part, int status, int times, const std::string& body = "",
            const std::string& headers = "");
  void set_streams_lists(bool does) { streams_lists_ = does; }
  void require_token(const std::string& token);  // others are answered 401
  void stop();                                   // closes everything, refuses connections
  void start();                                  // again, on the same port

  // How many requests had a path or query with `part` in it.
  int asked(const std::string& part) const;
  size_t watchers(const std::string& resource) const;
  std::vector<Write> writes(const std::string& part) const;

 private:
  struct Failure {
    std::string part, body, headers;
    int status, times;
  };
  struct Event {
    std::string resource, space, line;
    uint64_t version;
    Json object;
  };
  struct Request {
    std::string method, target, path, body, head;
    std::map<std::string, std::string> query;
    std::string header(const std::string& name) const;
  };

  void accept_all(int listener);
  void serve(int fd);
  bool read_request(int fd, std::string& buffer, Request& request);
  bool answer(int fd, const Request& request);
  bool answer_list(int fd, const std::string& resource, const std::string& space,
                   const Request& request);
  bool stream(int fd, const std::string& resource, const std::string& space,
              const Request& request);
  bool answer_write(int fd, const Request& request);
  bool send_all(int fd, std::string_view bytes);
  bool send_answer(int fd, int status, const std::string& body, const std::string& headers = "");
  void note(const std::string& resource, const char* type, const Json& object);
  void join_all();

  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::map<std::string, Json>> objects_;  // resource → key → object
  uint64_t version_ = 100, oldest_ = 100;
  std::vector<Event> events_;
  std::vector<std::string> log_;
  std::vector<Write> writes_;
  std::deque<Failure> failures_;
  std::deque<size_t> cuts_;
  std::map<int, size_t> budget_;  // bytes until the connection is cut
  std::map<int, std::string> watching_;
  std::string token_;
  std::atomic<bool> streams_lists_{true};
  unsigned ends_ = 0;
  bool is_stopping_ = false;
  int listener_ = -1;
  std::set<int> open_;
  std::thread acceptor_;
  std::vector<std::thread> servers_;
};

}  // namespace fairlead::testing
