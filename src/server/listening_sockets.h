// What the entry points listen on: opens it, or takes it over from systemd or from the Fairlead
// before this one, deals it out to the workers, and knows what a successor must be given. A TCP
// address has a socket for each worker (SO_REUSEPORT); a Unix socket, or one that systemd made, is
// one queue that all workers take from. Owned by the Server; control thread.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "server/inherited_sockets.h"
#include "server/options.h"
#include "server/worker.h"

namespace fairlead::server {

class ListeningSockets {
 public:
  ListeningSockets() = default;
  ~ListeningSockets() { close(); }
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  // On failure says which address and why, with what to do about it.
  std::expected<void, std::string> open(const std::vector<EntryPointOptions>& entry_points,
                                        unsigned workers, InheritedSockets& inherited);
  // For each worker, descriptors of its own.
  std::vector<std::vector<Worker::Listening>> deal(unsigned workers) const;
  std::vector<HandedSocket> handed() const;
  // Closes our descriptors; what workers still hold goes on. The files of Unix sockets stay when a
  // successor has them.
  enum class Files : uint8_t { remove, keep };
  void close(Files files = Files::remove);

 private:
  struct Socket {
    int fd;
    size_t entry_point;
    std::string name;  // the entry point's, when systemd made it; else empty
    bool is_shared;    // one queue for all workers
    size_t index;      // among those of its address
    std::string path;  // of a Unix socket that we made
  };
  std::expected<void, std::string> open_address(const EntryPointOptions& entry, size_t index,
                                                const io::Address& address, bool is_v6_only,
                                                unsigned workers, InheritedSockets& inherited);
  bool adopt_named(const EntryPointOptions& entry, size_t index, InheritedSockets& inherited);

  std::vector<Socket> sockets_;
};

}  // namespace fairlead::server
