#include "fetch/client.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/control_loop.h"

namespace fairlead::fetch {
namespace {

// Answers each request on a Unix socket with what the script says, connection by connection.
class ScriptedServer {
 public:
  // Gets the request's head and the descriptor; false closes the connection.
  using Script = std::function<bool(const std::string& head, int fd)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    char folder[] = "/tmp/fetch-test-XXXXXX";
    folder_ = mkdtemp(folder);
    path_ = folder_ + "/s";
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    {
      std::lock_guard lock(mutex_);
      if (open_ >= 0) shutdown(open_, SHUT_RDWR);
    }
    thread_.join();
    close(listener_);
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  const std::string& path() const { return path_; }
  int connections() const { return connections_; }

  static void write(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

 private:
  void run() {
    while (true) {
      int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      set_open(fd);
      while (answer(fd)) {
      }
      set_open(-1);
      close(fd);
    }
  }
  void set_open(int fd) {
    std::lock_guard lock(mutex_);
    open_ = fd;
  }
  bool answer(int fd) {
    std::string head;
    while (head.find("\r\n\r\n") == head.npos) {
      char bytes[4096];
      ssize_t got = recv(fd, bytes, sizeof bytes, 0);
      if (got <= 0) return false;
      head.append(bytes, static_cast<size_t>(got));
    }
    return script_(head, fd);
  }

  Script script_;
  std::string folder_, path_;
  std::mutex mutex_;
  int listener_ = -1, open_ = -1;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

Request to(const ScriptedServer& server, std::string url = "http://x/") {
  Request request;
  request.url = std::move(url);
  request.unix_socket = server.path();
  return request;
}

struct Asking {
  testing::ControlLoop loop;
  Client client;

  io::Task<void> run(Request request, std::optional<Outcome<Response>>* out) {
    auto outcome = co_await client.send(std::move(request), loop.scope());
    out->emplace(std::move(outcome));
  }
  Outcome<Response> send(Request request) {
    std::optional<Outcome<Response>> out;
    loop.scope().spawn(run(std::move(request), &out));
    REQUIRE(loop.until([&] { return out.has_value(); }));
    return std::move(*out);
  }

  using Lines = std::unique_ptr<LineStream>;
  io::Task<void> open(Request request, std::optional<Outcome<Lines>>* out) {
    auto outcome = co_await client.open_lines(std::move(request), loop.scope());
    out->emplace(std::move(outcome));
  }
  Outcome<Lines> open_lines(Request request) {
    std::optional<Outcome<Lines>> out;
    loop.scope().spawn(open(std::move(request), &out));
    REQUIRE(loop.until([&] { return out.has_value(); }));
    return std::move(*out);
  }
  using Line = Outcome<std::optional<std::string>>;
  io::Task<void> read(LineStream* lines, io::Timeout timeout, std::optional<Line>* out) {
    auto line = co_await lines->next_line(timeout, loop.scope());
    out->emplace(std::move(line));
  }
  // Reads to the end, counting the lines that are `expected`.
  io::Task<void> count(LineStream* lines, std::string expected, size_t* good, bool* has_ended) {
    while (true) {
      auto line = co_await lines->next_line(io::kNoTimeout, loop.scope());
      if (!line || !*line) break;
      *good += **line == expected ? 1 : 0;
    }
    *has_ended = true;
  }
  Line next(LineStream& lines, io::Timeout timeout = io::kNoTimeout) {
    std::optional<Line> out;
    loop.scope().spawn(read(&lines, timeout, &out));
    REQUIRE(loop.until([&] { return out.has_value(); }));
    return std::move(*out);
  }
};

bool reply(int fd, std::string_view body, std::string_view headers = "") {
  ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\n" + std::string(headers) + "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return true;
}

}  // namespace

TEST_CASE("sends_what_was_asked_and_returns_the_answer") {
  std::string seen;
  ScriptedServer server([&](const std::string& head, int fd) {
    seen = head;
    return reply(fd, "hello", "X-Kind: test\r\n");
  });
  Asking asking;
  Request request = to(server, "http://engine/v1/things?a=b");
  request.method = "PUT";
  request.headers = {{"X-One", "1"}};
  request.username = "me";
  request.password = "se:cret";
  request.body = "{}";
  auto response = asking.send(request);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "hello");
  CHECK(response->header("x-kind") == "test");
  CHECK(seen.starts_with("PUT /v1/things?a=b HTTP/1.1\r\n"));
  CHECK(seen.find("Host: engine\r\n") != seen.npos);
  CHECK(seen.find("X-One: 1\r\n") != seen.npos);
  CHECK(seen.find("Authorization: Basic bWU6c2U6Y3JldA==\r\n") != seen.npos);
  CHECK(seen.find("Content-Length: 2\r\n") != seen.npos);
}

TEST_CASE("uses_a_connection_again") {
  ScriptedServer server([](const std::string&, int fd) { return reply(fd, "x"); });
  Asking asking;
  for (int i = 0; i < 5; ++i) REQUIRE(asking.send(to(server)));
  CHECK(server.connections() == 1);
}

TEST_CASE("an_answer_of_any_status_is_an_answer") {
  ScriptedServer server([](const std::string&, int fd) {
    ScriptedServer::write(fd, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno");
    return true;
  });
  Asking asking;
  auto response = asking.send(to(server));
  REQUIRE(response);
  CHECK(response->status == 404);
  CHECK_FALSE(response->is_success());
}

TEST_CASE("failures_say_what_went_wrong") {
  Asking asking;
  Request missing;
  missing.url = "http://x/a";
  missing.unix_socket = "/nonexistent/s";
  auto response = asking.send(missing);
  REQUIRE_FALSE(response);
  CHECK(response.error().error.code == Code::refused);
  CHECK(response.error().error.os == ENOENT);
  CHECK(response.error().text == "GET /nonexistent/s: No such file or directory");

  Request injected = missing;
  injected.headers = {{"X-A", "b\r\nX-C: d"}};
  response = asking.send(injected);
  REQUIRE_FALSE(response);
  CHECK(response.error().text.find("line break") != std::string::npos);

  Request other = missing;
  other.url = "file:///etc/passwd";
  other.unix_socket.clear();
  CHECK_FALSE(asking.send(other));
}

TEST_CASE("a_connection_cut_in_the_middle_is_a_failure") {
  ScriptedServer server([](const std::string&, int fd) {
    ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    return false;
  });
  Asking asking;
  auto response = asking.send(to(server));
  REQUIRE_FALSE(response);
  CHECK(response.error().error.code == Code::closed);
}

TEST_CASE("an_answer_longer_than_allowed_is_refused") {
  ScriptedServer server(
      [](const std::string&, int fd) { return reply(fd, std::string(5000, 'x')); });
  Asking asking;
  Request request = to(server);
  request.max_body_bytes = 4999;
  auto response = asking.send(request);
  REQUIRE_FALSE(response);
  CHECK(response.error().error.code == Code::limit_reached);
  CHECK(response.error().text.find("longer than 4999 bytes") != std::string::npos);
  request.max_body_bytes = 5000;
  CHECK(asking.send(request));
}

TEST_CASE("a_server_that_does_not_answer_runs_into_the_timeout") {
  ScriptedServer server([](const std::string&, int) { return true; });
  Asking asking;
  Request request = to(server);
  request.total_timeout = io::Duration(30);
  auto response = asking.send(request);
  REQUIRE_FALSE(response);
  CHECK(response.error().error.code == Code::request_total_timeout);
}

TEST_CASE("streams_come_line_by_line_until_the_end") {
  ScriptedServer server([](const std::string&, int fd) {
    ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    ScriptedServer::write(fd, "5\r\n{1}\n{\r\n3\r\n2}\n\r\n4\r\nrest\r\n0\r\n\r\n");
    return false;
  });
  Asking asking;
  auto lines = asking.open_lines(to(server));
  REQUIRE(lines);
  CHECK((*lines)->status() == 200);
  CHECK(asking.next(**lines).value() == "{1}");
  CHECK(asking.next(**lines).value() == "{2}");
  CHECK(asking.next(**lines).value() == "rest");
  CHECK(asking.next(**lines).value() == std::nullopt);
}

TEST_CASE("a_quiet_stream_times_out_and_goes_on") {
  std::mutex gate;
  gate.lock();
  ScriptedServer server([&](const std::string&, int fd) {
    ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\n\r\n");
    std::lock_guard wait(gate);
    ScriptedServer::write(fd, "late\n");
    return false;
  });
  Asking asking;
  auto lines = asking.open_lines(to(server));
  REQUIRE(lines);
  auto line = asking.next(**lines, {io::Duration(20), Code::upstream_idle_timeout});
  gate.unlock();
  REQUIRE_FALSE(line);
  CHECK(line.error().error.code == Code::upstream_idle_timeout);
  CHECK(asking.next(**lines).value() == "late");
}

TEST_CASE("a_line_beyond_the_limit_ends_the_stream") {
  ScriptedServer server([](const std::string&, int fd) {
    ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x') + "\n");
    return false;
  });
  Asking asking;
  Request request = to(server);
  request.max_line_bytes = 1000;
  auto lines = asking.open_lines(request);
  REQUIRE(lines);
  auto line = asking.next(**lines);
  REQUIRE_FALSE(line);
  CHECK(line.error().error.code == Code::limit_reached);
}

TEST_CASE("unread_lines_hold_the_server_back_and_none_is_lost") {
  std::atomic<size_t> sent{0};
  constexpr size_t kLines = 40'000;
  const std::string line(199, 'y');
  ScriptedServer server([&](const std::string&, int fd) {
    ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\n\r\n");
    for (size_t i = 0; i < kLines; ++i) {
      ScriptedServer::write(fd, line + "\n");
      ++sent;
    }
    return false;
  });
  Asking asking;
  auto lines = asking.open_lines(to(server));
  REQUIRE(lines);
  // Nobody reads: what is sent settles far below everything.
  asking.loop.until([&] { return false; }, std::chrono::milliseconds(200));
  CHECK(sent < kLines / 2);
  size_t good = 0;
  bool has_ended = false;
  asking.loop.scope().spawn(asking.count(lines->get(), line, &good, &has_ended));
  REQUIRE(asking.loop.until([&] { return has_ended; }));
  CHECK(good == kLines);
}

TEST_CASE("cancelling_ends_a_request_at_once") {
  ScriptedServer server([](const std::string&, int) { return true; });
  Asking asking;
  std::optional<Outcome<Response>> out;
  asking.loop.scope().spawn(asking.run(to(server), &out));
  REQUIRE(asking.loop.until([&] { return server.connections() == 1; }));
  CHECK(asking.loop.end());
  REQUIRE(out);
  CHECK(out->error().error.code == Code::cancelled);
}

}  // namespace fairlead::fetch
