// A connected TCP or Unix socket as a Stream: own recv and sendmsg on a polled descriptor. Owns the
// descriptor.
#pragma once

#include <optional>
#include <string>

#include "io/fd_watch.h"
#include "io/stream.h"

namespace fairlead::io {

class SocketStream final : public Stream {
 public:
  // `may_have_data`: try to read before waiting (a fresh client usually has sent its request
  // already).
  SocketStream(int fd, Address peer, Address local, bool may_have_data);
  ~SocketStream() override;

  Result<size_t> try_read(std::span<char> into) override;
  Result<size_t> try_peek(std::span<char> into) override;
  Result<size_t> try_write(std::span<const iovec> from) override;
  void shutdown_write() override;
  void close() override;
  void abort() override;
  PeerState peer_state() const override;
  bool has_unread() const override { return may_read_ || has_buffered_; }
  void give_back(std::string_view bytes) override;
  void set_keep_alive(Duration after) override;
  void set_dead_peer_limit(Duration limit) override;
  int64_t unacknowledged() const override;
  const Address& peer() const override { return peer_; }
  const Address& local() const override { return local_; }
  void speaks_for(const Address& peer, const Address& local) override {
    if (peer.is_set()) peer_ = peer;
    if (local.is_set()) local_ = local;
  }
  Address exact_local() const override;
  int fd() const { return fd_; }

 protected:
  void want_read() override;
  void want_write() override;

 private:
  static void on_event(void* self, FdWatch::Events events);
  size_t take_given_back(std::span<char> into);

  int fd_;
  bool may_read_;  // not known to be drained
  bool is_write_done_ = false;
  FdWatch watch_;
  Address peer_;
  Address local_;
  std::string given_back_;  // not empty while has_buffered_
};

// Connects to an address. Errors: refused, unreachable, timeout as named, cancelled as the scope
// says.
Task<Result<StreamPtr>> connect(Address to, Timeout timeout, Scope* scope);

}  // namespace fairlead::io
