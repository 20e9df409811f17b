// A UDP socket on this thread's loop. A listening one also says to which of our addresses a
// datagram came, so that the answer leaves from there. Owns the descriptor; one thread.
#pragma once

#include <cstdint>
#include <span>

#include "io/address.h"
#include "io/fd_watch.h"
#include "io/wait.h"

namespace fairlead::io {

// One of our own addresses, as the kernel names it (IP_PKTINFO, IPV6_PKTINFO). A value.
struct LocalAddress {
  unsigned char ip[16] = {};
  uint8_t size = 0;        // 4, 16, or 0: not known
  uint32_t interface = 0;  // only where the address needs one (link-local)
  bool operator==(const LocalAddress&) const = default;
};

class DatagramSocket {
 public:
  explicit DatagramSocket(int fd);
  ~DatagramSocket() { close(); }
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  struct Arrival {
    size_t bytes = 0;
    Address peer;
    LocalAddress local;
  };
  // Errors: would_block, refused (nobody listens where we sent to), io.
  Result<Arrival> try_receive(std::span<char> into);
  // To whom the socket is connected.
  Result<void> try_send(std::span<const char> bytes);
  // From a listening socket.
  Result<void> try_send_to(std::span<const char> bytes, const Address& to,
                           const LocalAddress& from);
  // Waits until try_receive may have something. One waiter.
  Wait readable(Scope* scope, Timeout timeout);
  // The waiter ends with Code::closed. Idempotent.
  void close();

 private:
  static void on_event(void* self, FdWatch::Events events);

  int fd_;
  FdWatch watch_;
  Waiter* waiter_ = nullptr;
};

// Bound, non-blocking, one of several for the same address (SO_REUSEPORT: the kernel keeps a client
// with one of them), or errno in Error::os.
Result<int> open_datagram_listener(const Address& address, bool is_v6_only);
// Connected, so that the kernel lets through what comes from there alone.
Result<int> open_datagram_connection(const Address& to);

}  // namespace fairlead::io
