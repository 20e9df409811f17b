#include "server/inherited_sockets.h"

#include <cstdlib>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace fairlead;
using namespace fairlead::server;

namespace {

int listening(io::Address& address) {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  io::Address any = *io::Address::parse("127.0.0.1", 0);
  REQUIRE(::bind(fd, any.raw(), any.raw_bytes()) == 0);
  REQUIRE(::listen(fd, 1) == 0);
  address = bound_address(fd);
  return fd;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("a_successor_finds_sockets_by_address_and_by_name") {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  io::Address first, second;
  int plain = listening(first), named = listening(second);
  std::string text = succession_text(ready[1], {{plain, ""}, {named, "web"}});
  ::setenv(kSuccessionVariable, text.c_str(), 1);
  InheritedSockets inherited = InheritedSockets::from_environment();
  CHECK(std::getenv(kSuccessionVariable) == nullptr);
  CHECK(inherited.is_succession());
  CHECK(inherited.take_bound(second, SOCK_STREAM).empty());
  CHECK(inherited.take_bound(first, SOCK_DGRAM).empty());
  CHECK(inherited.take_bound(first, SOCK_STREAM) == std::vector{plain});
  CHECK(inherited.take_bound(first, SOCK_STREAM).empty());
  CHECK(inherited.stray_names() == std::vector<std::string>{"web"});
  CHECK(inherited.take_named("web", SOCK_STREAM) == std::vector{named});
  CHECK((::fcntl(plain, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(plain, F_GETFL) & O_NONBLOCK) != 0);
  inherited.tell_ready();
  inherited.tell_ready();
  char byte[2];
  CHECK(::read(ready[0], byte, 2) == 1);
  CHECK(::read(ready[0], byte, 2) == 0);
  CHECK_FALSE(inherited.is_succession());
  for (int fd : {plain, named, ready[0]}) ::close(fd);
}

TEST_CASE("what_nobody_takes_is_closed") {
  io::Address address;
  int fd = listening(address);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  ::setenv(kSuccessionVariable, succession_text(ready[1], {{fd, ""}}).c_str(), 1);
  {
    InheritedSockets inherited = InheritedSockets::from_environment();
  }
  CHECK_FALSE(is_open(fd));
  char byte;
  CHECK(::read(ready[0], &byte, 1) == 0);
  ::close(ready[0]);
}

TEST_CASE("sockets_meant_for_another_process_are_left_alone") {
  ::setenv("LISTEN_PID", "1", 1);
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_FDNAMES", "web", 1);
  InheritedSockets inherited = InheritedSockets::from_environment();
  CHECK(inherited.stray_names().empty());
  CHECK(std::getenv("LISTEN_FDS") == nullptr);
}

TEST_CASE("variables_of_no_sense_give_no_sockets") {
  for (const char* text : {"", "x", "-1", ":", "3x:4:web", "99999:99999:web:", "99999"}) {
    ::setenv(kSuccessionVariable, text, 1);
    InheritedSockets inherited = InheritedSockets::from_environment();
    CHECK_FALSE(inherited.is_succession());
    CHECK(inherited.stray_names().empty());
  }
}
