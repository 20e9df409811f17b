#include "tcp/tunnel.h"

#include <string>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket_stream.h"
#include "io/uv_loop.h"

namespace fairlead::tcp {
namespace {

// A tunnel between two socket pairs, whose far ends the test plays.
class Ends {
 public:
  explicit Ends(io::Duration delay) {
    io::Loop::current() = &loop_;
    int client[2], server[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, client) == 0);
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, server) == 0);
    client_ = client[0];
    server_ = server[0];
    near_client_ = stream(client[1]);
    near_server_ = stream(server[1]);
    scope_.spawn(run(delay));
  }
  ~Ends() {
    scope_.cancel(Error{Code::cancelled});
    loop_.drain_ready();
    while (!scope_.is_idle()) loop_.step();
    near_client_.reset();
    near_server_.reset();
    if (client_ >= 0) ::close(client_);
    if (server_ >= 0) ::close(server_);
    io::Loop::current() = nullptr;
  }

  int client() const { return client_; }
  int server() const { return server_; }
  bool has_ended() const { return scope_.is_idle(); }
  TunnelBytes bytes() const { return bytes_; }
  void cancel() {
    scope_.cancel(Error{Code::drain_timeout});
    loop_.drain_ready();  // step() would wait for an event
  }
  void close_server() { ::close(std::exchange(server_, -1)); }

  void send(int fd, std::string_view text) {
    CHECK(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  // What arrives until `size` bytes are there; "<end>" marks the end, "<reset>" a failure.
  std::string receive(int fd, size_t size) {
    std::string got;
    while (got.size() < size) {
      char block[65536];
      ssize_t n = ::recv(fd, block, sizeof block, 0);
      if (n > 0) got.append(block, static_cast<size_t>(n));
      if (n == 0) return got + "<end>";
      if (n < 0 && errno != EAGAIN) return got + "<reset>";
      if (n < 0 && has_ended()) return got + "<nothing>";
      if (n < 0) loop_.step();
    }
    return got;
  }
  void step_until_ended() {
    while (!has_ended()) loop_.step();
  }

 private:
  static std::unique_ptr<io::SocketStream> stream(int fd) {
    return std::make_unique<io::SocketStream>(fd, io::Address{}, io::Address{}, true);
  }
  io::Task<void> run(io::Duration delay) {
    near_client_->set_scope(&scope_);
    near_server_->set_scope(&scope_);
    bytes_ = co_await run_tunnel(*near_client_, *near_server_, delay, scope_);
  }

  io::UvLoop loop_;
  io::Scope scope_;
  std::unique_ptr<io::SocketStream> near_client_, near_server_;
  int client_ = -1, server_ = -1;
  TunnelBytes bytes_;
};

}  // namespace

TEST_CASE("bytes_flow_both_ways_and_ends_are_passed_on") {
  Ends ends(io::Duration{60'000});
  ends.send(ends.server(), "hello");
  CHECK(ends.receive(ends.client(), 5) == "hello");
  ends.send(ends.client(), "question");
  ::shutdown(ends.client(), SHUT_WR);
  CHECK(ends.receive(ends.server(), 100) == "question<end>");
  CHECK_FALSE(ends.has_ended());
  ends.send(ends.server(), "late answer");
  CHECK(ends.receive(ends.client(), 11) == "late answer");
  ends.close_server();
  ends.step_until_ended();
  CHECK(ends.bytes().up == 8);
  CHECK(ends.bytes().down == 16);
}

TEST_CASE("a_silent_other_end_is_given_the_termination_delay") {
  Ends ends(io::Duration{30});
  ::shutdown(ends.client(), SHUT_WR);
  CHECK(ends.receive(ends.server(), 1) == "<end>");
  ends.step_until_ended();
  CHECK(ends.receive(ends.client(), 1) == "<end>");
}

TEST_CASE("a_negative_delay_waits_for_ever_and_cancelling_ends_it") {
  Ends ends(io::Duration{-1});
  ::shutdown(ends.client(), SHUT_WR);
  CHECK(ends.receive(ends.server(), 1) == "<end>");
  ends.send(ends.server(), "x");
  CHECK(ends.receive(ends.client(), 1) == "x");
  CHECK_FALSE(ends.has_ended());
  ends.cancel();
  ends.step_until_ended();
}

TEST_CASE("a_reader_that_pauses_stops_its_writer") {
  Ends ends(io::Duration{100});
  std::string block(65536, 'x');
  size_t sent = 0;
  for (int idle = 0; idle < 3;) {
    ssize_t n = ::send(ends.client(), block.data(), block.size(), MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<size_t>(n);
    idle = n > 0 ? 0 : idle + 1;
    // A byte the other way makes the loop turn.
    ends.send(ends.server(), ".");
    CHECK(ends.receive(ends.client(), 1) == ".");
  }
  CHECK(sent < 8 * 1024 * 1024);
  CHECK(ends.receive(ends.server(), sent).size() == sent);
}

}  // namespace fairlead::tcp
