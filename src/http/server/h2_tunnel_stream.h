// The DATA of one HTTP/2 stream as an io::Stream, for a WebSocket over extended CONNECT (RFC 8441).
// Part of its H2ServerStream. Private to src/http/server; one worker.
#pragma once

#include "http/server/h2_link.h"

namespace fairlead::http {

class H2ServerStream;

class H2TunnelStream final : public io::Stream {
 public:
  H2TunnelStream(H2ServerStream& stream, H2Link& link, const Peers& peers)
      : stream_(stream), link_(link), peers_(peers) {}

  Result<size_t> try_read(std::span<char> into) override;
  Result<size_t> try_write(std::span<const iovec> from) override;
  void shutdown_write() override;
  void close() override;
  PeerState peer_state() const override;
  bool has_unread() const override;
  const io::Address& peer() const override { return peers_.peer; }
  const io::Address& local() const override { return peers_.local; }

  bool is_write_done() const { return is_write_done_; }
  // News from the codec.
  void wake_reader() {
    if (reader_ != nullptr) reader_->wake();
  }
  void wake_writer();

 protected:
  // The stream's own news wake; there is nothing to ask for.
  void want_read() override {}
  void want_write() override {}

 private:
  H2ServerStream& stream_;
  H2Link& link_;
  const Peers& peers_;
  bool is_write_done_ = false;  // the end is to follow what is being sent
  bool has_sent_end_ = false;
};

}  // namespace fairlead::http
