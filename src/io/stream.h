// Bytes in, bytes out, half-close. TCP, Unix, TLS and in-memory test streams are all Streams.
// Reading and writing never block: they take what there is, or say Code::would_block, and then
// `readable()` / `writable()` wait. Not reading is backpressure: a stream that nobody waits on does
// not poll its socket. Owned by its connection; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <sys/uio.h>

#include "base/check.h"
#include "base/result.h"
#include "io/address.h"
#include "io/scope.h"
#include "io/task.h"
#include "io/wait.h"

namespace fairlead::io {

class Stream {
 public:
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes what has arrived, up to the span's size. 0 means the peer finished sending. Errors:
  // would_block, reset, io.
  virtual Result<size_t> try_read(std::span<char> into) = 0;
  // Looks at what has arrived without taking it; as try_read otherwise. Streams that cannot say
  // Code::io.
  virtual Result<size_t> try_peek(std::span<char>) { return fail(Code::io); }
  // Takes as many bytes as fit; what was not taken must be offered again, first. Errors:
  // would_block, reset, io.
  virtual Result<size_t> try_write(std::span<const iovec> from) = 0;
  // No more bytes will be written (FIN, close_notify); reading goes on.
  virtual void shutdown_write() = 0;
  // Ends both directions. Waits in progress end with Code::closed. Idempotent.
  virtual void close() = 0;
  // Close so that the peer sees a reset where the transport has one.
  virtual void abort() { close(); }

  // Waits until try_read (try_write) may do something. At most one waiter each.
  Wait readable(Timeout timeout) {
    if (has_buffered_) [[unlikely]]
      return Wait::ready();
    want_read();
    return Wait(&reader_, read_scope_, timeout);
  }
  Wait writable(Timeout timeout) {
    want_write();
    return Wait(&writer_, write_scope_, timeout);
  }

  // What is known of the peer without reading: `finished` sends no more (it may still receive),
  // `failed` is gone.
  enum class PeerState : uint8_t { open, finished, failed };
  virtual PeerState peer_state() const = 0;
  // Something arrived (bytes, end, reset) that nobody has read yet, as far as is known.
  virtual bool has_unread() const = 0;
  // Who is told when something arrives while nobody waits for it: the pool of an idle connection.
  // Called from the event loop: it may close this stream, and must not resume anything.
  class Observer {
   public:
    virtual void on_unread(Stream& stream) = 0;
    // Whether what arrived will be read soon: then the stream goes on polling, as for a waiter of
    // its own.
    virtual bool is_about_to_read() const { return false; }
    // After observe_writable(), once, unless somebody waits for writing. Must not close this
    // stream.
    virtual void on_writable(Stream&) {}

   protected:
    ~Observer() = default;
  };
  void set_observer(Observer* observer) {
    observer_ = observer;
    if (observer != nullptr) want_read();
  }
  void observe_writable() { want_write(); }

  // Bytes that were read and belong to whoever reads next: try_read yields them first. Streams that
  // cannot take them back fail the check.
  virtual void give_back(std::string_view) { FAIRLEAD_CHECK(false); }

  // Probes a silent peer after so long (SO_KEEPALIVE); negative: never.
  virtual void set_keep_alive(Duration) {}
  // How long sent bytes may go unacknowledged before the peer counts as gone (TCP_USER_TIMEOUT);
  // zero for the system's own, long, patience.
  virtual void set_dead_peer_limit(Duration) {}

  // Bytes that were written and that the peer has not acknowledged; -1 where nobody knows.
  virtual int64_t unacknowledged() const { return -1; }

  virtual const Address& peer() const = 0;
  virtual const Address& local() const = 0;
  // The peer is a proxy that speaks for another client: these are the addresses from now on. Unset
  // ones change nothing. Before anybody holds a reference to the old ones.
  virtual void speaks_for(const Address& /*peer*/, const Address& /*local*/) {}
  // As local(), but never "any address": asks the kernel when the listener has that one.
  virtual Address exact_local() const { return local(); }

  // Whose cancellation ends the waits on this stream; changes hands with the stream (a pooled
  // connection has none).
  void set_scope(Scope* scope) { read_scope_ = write_scope_ = scope; }
  // Reading may have a scope of its own: an upload is given up while the answer is still being
  // written.
  void set_read_scope(Scope* scope) { read_scope_ = scope; }

 protected:
  Stream() = default;
  virtual void want_read() = 0;
  virtual void want_write() = 0;

  Waiter* reader_ = nullptr;
  Waiter* writer_ = nullptr;
  Scope* read_scope_ = nullptr;
  Scope* write_scope_ = nullptr;
  Observer* observer_ = nullptr;
  bool has_buffered_ = false;  // try_read has something although the transport is silent
};

using StreamPtr = std::unique_ptr<Stream>;

// How fast a reader is, over all writes of a message: on average of the time that we had bytes for
// it, whether its own system has acknowledged enough of them. A socket that takes nothing for a
// minute may have a reader that empties megabytes of buffers all the while, and one that takes a
// byte a second must not hold us.
struct Pace {
  uint64_t min_rate = 240;  // bytes a second; 0: any
  Duration grace{10'000};   // of waiting, before the average counts
  Duration waited{0};
  uint64_t taken = 0;  // in that time

  bool is_too_slow() const {
    return waited >= grace && taken * 1000 < min_rate * static_cast<uint64_t>(waited.count());
  }
  void add(Duration time, uint64_t bytes);
};

// Writes everything, waiting as needed; `idle` bounds the time without any progress. Ready at once
// when the transport takes it all. The memory must stay until the task has ended; the iovecs are
// consumed. Without `pace` any progress is enough; with it, a reader that is given up is cut off.
Task<Result<void>> write_all(Stream& stream, std::span<iovec> parts, Timeout idle,
                             Pace* pace = nullptr);

}  // namespace fairlead::io
