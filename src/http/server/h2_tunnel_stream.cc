#include "http/server/h2_tunnel_stream.h"

#include "http/server/h2_server_stream.h"

namespace fairlead::http {
namespace {
constexpr size_t kWriteBlock = 16 * 1024;
}

Result<size_t> H2TunnelStream::try_read(std::span<char> into) {
  size_t taken = stream_.received().take(into.data(), into.size());
  if (taken != 0) {
    link_.session.consumed(stream_, taken);
    link_.wake_writer();
    return taken;
  }
  if (stream_.has_request_ended()) return size_t{0};
  if (!stream_.is_open()) return fail(stream_.failure_or_closed());
  return fail(Code::would_block);
}

Result<size_t> H2TunnelStream::try_write(std::span<const iovec> from) {
  if (!stream_.is_open() || is_write_done_) return fail(stream_.failure_or_closed());
  if (stream_.is_sending()) return fail(Code::would_block);
  size_t total = 0;
  for (const iovec& part : from) total += part.iov_len;
  if (total == 0) return size_t{0};
  Buffer* buffer = Buffer::take(std::min(total + sizeof(Buffer), kWriteBlock));
  size_t bytes = 0;
  for (const iovec& part : from) {
    size_t fits = std::min(part.iov_len, buffer->capacity() - bytes);
    if (fits != 0) std::memcpy(buffer->bytes() + bytes, part.iov_base, fits);
    bytes += fits;
  }
  link_.session.send(stream_, Chunk(buffer, {buffer->bytes(), bytes}), nullptr);
  buffer->drop();  // the chunk keeps it
  link_.wake_writer();
  return bytes;
}

void H2TunnelStream::shutdown_write() {
  is_write_done_ = true;
  if (has_sent_end_ || !stream_.is_open() || stream_.is_sending()) return;
  has_sent_end_ = true;
  link_.session.send(stream_, Chunk::end(), nullptr);
  link_.wake_writer();
}

void H2TunnelStream::close() {
  bool is_over = stream_.has_request_ended() && (has_sent_end_ || is_write_done_);
  if (stream_.is_open() && !is_over) {
    link_.session.reset(stream_, H2Error::cancel);
    link_.wake_writer();
  }
  Error closed{Code::closed};
  if (reader_ != nullptr) reader_->wake(closed);
  if (writer_ != nullptr) writer_->wake(closed);
}

void H2TunnelStream::wake_writer() {
  if (is_write_done_) shutdown_write();
  if (writer_ != nullptr) writer_->wake();
}

io::Stream::PeerState H2TunnelStream::peer_state() const {
  if (stream_.has_request_ended()) return PeerState::finished;
  return stream_.is_open() ? PeerState::open : PeerState::failed;
}

bool H2TunnelStream::has_unread() const { return !stream_.received().empty(); }

}  // namespace fairlead::http
