// TLS over another Stream. As the server's end: read_hello(), then begin() with what was chosen for
// it; as the client's: begin() with whom to reach. Then handshake(), then an ordinary Stream of
// plain bytes. OpenSSL reads from and writes to
// the inner stream through functions of ours instead of the descriptor: what the inner stream knows
// of its socket saves the reads that would find nothing, and all records of one write leave in one
// system call. Owned by its connection; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/stream.h"
#include "tls/client_context.h"
#include "tls/client_hello.h"
#include "tls/server_policy.h"
#include "tls/session.h"

struct ssl_st;

namespace fairlead::tls {

class TlsStream final : public io::Stream, private io::Stream::Observer {
 public:
  explicit TlsStream(io::StreamPtr inner);
  ~TlsStream() override;

  // Waits for the whole ClientHello. Errors: tls_bad_hello, closed, reset, the timeout's.
  io::Task<Result<void>> read_hello(io::Timeout timeout);
  const ClientHello& hello() const { return hello_; }
  // Tells the client that nobody answers for the name it asked for.
  void refuse_name();
  // False when the connection cannot be made from the choice.
  bool begin(const ServerChoice& choice);
  // The same as the client of an upstream.
  bool begin(ClientContextPtr context, const ClientWish& wish);
  // Errors: one of the tls_ codes, closed, reset, the timeout's.
  io::Task<Result<void>> handshake(io::Timeout timeout);
  // After the handshake.
  const Session& session() const { return session_; }

  Result<size_t> try_read(std::span<char> into) override;
  // Of what it takes, everything but the last byte may wait inside for the inner stream.
  Result<size_t> try_write(std::span<const iovec> from) override;
  void shutdown_write() override;
  void close() override;
  void abort() override;
  PeerState peer_state() const override;
  bool has_unread() const override { return has_buffered_ || inner_->has_unread(); }
  void set_dead_peer_limit(io::Duration limit) override { inner_->set_dead_peer_limit(limit); }
  int64_t unacknowledged() const override;
  const io::Address& peer() const override { return inner_->peer(); }
  const io::Address& local() const override { return inner_->local(); }

 protected:
  void want_read() override;
  void want_write() override;

 private:
  friend struct InnerBio;
  void on_unread(io::Stream&) override;
  bool is_about_to_read() const override {
    return reader_ != nullptr || (observer_ != nullptr && observer_->is_about_to_read());
  }
  void on_writable(io::Stream&) override;

  bool attach(ssl_st* connection);
  // Whose end the other one is.
  Side side() const { return client_context_ != nullptr ? Side::upstream : Side::client; }
  std::unexpected<Error> wrong(Code code, Stage stage) const { return fail(code, side(), stage); }
  Result<void> check_peer();
  Result<void> flush();
  bool keeps_its_name() const;
  void finish_session();
  Error failure(int result);
  Error handshake_failure(int result);
  void note_key_update();

  io::StreamPtr inner_;
  ssl_st* ssl_ = nullptr;
  std::string early_;    // of the client, read before OpenSSL was there
  std::string pending_;  // sealed bytes that the inner stream did not take yet
  ClientHello hello_;
  Session session_;
  ClientContextPtr client_context_;  // null as the server's end
  Error inner_error_{Code::ok};
  bool is_owing_byte_ = false;  // sealed, but not yet reported as taken
  bool is_established_ = false;
  bool has_failed_ = false;
  bool is_write_done_ = false;
  bool is_closed_ = false;
  bool has_read_end_ = false;  // the inner stream's end
  uint32_t key_updates_ = 0;   // in this second
  io::TimePoint key_updates_since_{};
};

}  // namespace fairlead::tls
