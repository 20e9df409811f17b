// Sockets that this process was started with: from systemd (LISTEN_FDS, sd_listen_fds(3)), or from
// the Fairlead before it, which hands over what it listens on (successor.h). Taken out of the
// environment once, at start; whoever opens entry points asks here first. Closes what nobody took.
// Control thread.
#pragma once

#include <string>
#include <vector>

#include "io/address.h"

namespace fairlead::server {

class InheritedSockets {
 public:
  InheritedSockets() = default;
  ~InheritedSockets();
  InheritedSockets(InheritedSockets&& other) noexcept;
  InheritedSockets& operator=(InheritedSockets&&) = delete;

  // Reads and removes the variables, so that no child believes they are its own. What is no socket
  // is left alone.
  static InheritedSockets from_environment();

  // Those that systemd made for the entry point of that name, of `type` (SOCK_STREAM, SOCK_DGRAM).
  std::vector<int> take_named(const std::string& name, int type);
  // Those bound to exactly this address.
  std::vector<int> take_bound(const io::Address& address, int type);
  // The names of those that nobody took, to tell about.
  std::vector<std::string> stray_names() const;
  // Closes what nobody took: an address that is served no longer must refuse its clients.
  void close_rest();
  // Whether a predecessor serves until this process says that it is ready.
  bool is_succession() const { return ready_fd_ >= 0; }
  // Tells the predecessor to leave. Once.
  void tell_ready();

 private:
  struct Socket {
    int fd;
    std::string name;  // the entry point's, when systemd made it; else empty
  };
  void add(int fd, std::string name);
  template <class Wanted>
  std::vector<int> take(Wanted wanted);

  std::vector<Socket> sockets_;
  int ready_fd_ = -1;
};

// What a successor is told, as the value of kSuccessionVariable: where to say that it is ready, and
// the sockets.
inline constexpr const char* kSuccessionVariable = "FAIRLEAD_SUCCESSION";
struct HandedSocket {
  int fd;
  std::string name;  // as above
};
std::string succession_text(int ready_fd, const std::vector<HandedSocket>& sockets);

// The address a socket is bound to; unset when it is none.
io::Address bound_address(int fd);

}  // namespace fairlead::server
