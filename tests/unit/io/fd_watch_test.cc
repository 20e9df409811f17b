#include "io/fd_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/control_loop.h"

namespace fairlead::io {
namespace {

// Two connected sockets, one of them watched.
struct Watched {
  Watched() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    watch.emplace(
        ends[0],
        [](void* self, FdWatch::Events events) { static_cast<Watched*>(self)->on(events); }, this);
  }
  ~Watched() {
    watch.reset();
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  void on(FdWatch::Events events) {
    ++calls;
    last = events;
    if (closes != nullptr) closes->watch->close();
  }
  void peer_sends() { REQUIRE(::write(ends[1], "x", 1) == 1); }
  void peer_goes() { ::close(std::exchange(ends[1], -1)); }

  int ends[2];
  int calls = 0;
  FdWatch::Events last;
  Watched* closes = nullptr;  // another one, in its callback
  std::optional<FdWatch> watch;
};

class Steps {
 public:
  // Every event that is there is handed out; the loop's own tick ends each wait.
  void few() {
    int steps = 0;
    CHECK(loop_.until([&] { return ++steps > 5; }));
  }
  template <class Claim>
  bool until(Claim claim) {
    return loop_.until(claim);
  }

 private:
  testing::ControlLoop loop_;
};

}  // namespace

TEST_CASE("fd_watch_tells_while_bytes_are_unread") {
  Steps steps;
  Watched one;
  one.watch->want(true, false);
  steps.few();
  CHECK(one.calls == 0);
  one.peer_sends();
  CHECK(steps.until([&] { return one.calls >= 2; }));  // level-triggered
  CHECK(one.last.is_readable);
  CHECK(!one.last.is_writable);
  CHECK(!one.last.is_error);
}

TEST_CASE("fd_watch_is_silent_about_what_is_no_longer_wanted") {
  Steps steps;
  Watched one;
  one.watch->want(true, true);
  CHECK(steps.until([&] { return one.calls > 0; }));
  CHECK(one.last.is_writable);
  one.watch->want(false, false);
  one.calls = 0;
  one.peer_sends();
  steps.few();
  CHECK(one.calls == 0);
  one.watch->want(true, false);
  CHECK(steps.until([&] { return one.calls > 0; }));
  CHECK(one.last.is_readable);
  CHECK(!one.last.is_writable);
}

TEST_CASE("fd_watch_tells_of_a_peer_that_left_to_whoever_reads") {
  Steps steps;
  Watched one;
  one.watch->want(true, false);
  one.peer_goes();
  CHECK(steps.until([&] { return one.calls > 0; }));
  CHECK(one.last.is_readable);
}

TEST_CASE("fd_watch_does_not_spin_on_a_peer_that_left_while_nobody_listens") {
  Steps steps;
  Watched one;
  one.watch->want(true, false);
  one.watch->want(false, false);
  one.peer_goes();
  steps.few();
  CHECK(one.calls == 0);
}

TEST_CASE("fd_watch_stops_at_an_error") {
  Steps steps;
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in nobody{.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {}, .sin_zero = {}};
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)::connect(fd, reinterpret_cast<sockaddr*>(&nobody), sizeof nobody);
  int errors = 0;
  FdWatch watch(
      fd,
      [](void* count, FdWatch::Events events) {
        if (events.is_error) ++*static_cast<int*>(count);
      },
      &errors);
  watch.want(false, true);
  CHECK(steps.until([&] { return errors > 0; }));
  CHECK(!watch.wants_write());
  steps.few();
  CHECK(errors == 1);
  watch.close();
  ::close(fd);
}

TEST_CASE("fd_watch_closed_by_another_callback_hears_nothing_more") {
  Steps steps;
  Watched one, two;
  one.closes = &two;
  two.closes = &one;
  one.watch->want(true, false);
  two.watch->want(true, false);
  one.peer_sends();
  two.peer_sends();
  CHECK(steps.until([&] { return one.calls + two.calls > 0; }));
  int before = one.calls == 0 ? two.calls : one.calls;
  CHECK(std::min(one.calls, two.calls) == 0);
  CHECK(before > 0);
}

}  // namespace fairlead::io
