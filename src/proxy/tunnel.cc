#include "proxy/tunnel.h"

namespace fairlead::proxy {
namespace {

constexpr size_t kTunnelBlock = 16 * 1024;

// Reads what there is and passes it on; false when `from` has finished. Waits with no buffer in
// hand.
io::Task<Result<bool>> copy_once(io::Stream& from, io::Stream& to, uint64_t& counted) {
  http::Buffer* buffer = http::Buffer::take(kTunnelBlock);
  http::Chunk owner(buffer, {});
  buffer->drop();  // the chunk keeps it
  Result<size_t> got = from.try_read({buffer->bytes(), buffer->capacity()});
  if (!got) co_return fail(got.error());
  if (*got == 0) co_return false;
  counted += *got;
  iovec part{buffer->bytes(), *got};
  Result<void> sent = co_await io::write_all(to, {&part, 1}, io::kNoTimeout);
  if (!sent) co_return fail(sent.error());
  co_return true;
}

}  // namespace

io::Task<void> UpgradeTunnel::pump(io::Stream& from, io::Stream& to, std::string_view early,
                                   uint64_t& counted) {
  if (!early.empty()) {
    iovec part{const_cast<char*>(early.data()), early.size()};
    Result<void> sent = co_await io::write_all(to, {&part, 1}, io::kNoTimeout);
    if (!sent) from.close();
  }
  for (;;) {
    Result<bool> copied = co_await copy_once(from, to, counted);
    if (copied && *copied) continue;
    if (copied) {
      to.shutdown_write();
      co_return;
    }
    if (copied.error().code != Code::would_block) break;
    Result<void> ready = co_await from.readable(io::kNoTimeout);
    if (!ready) break;
  }
  from.close();
  to.close();
}

io::Task<void> UpgradeTunnel::run(io::Stream& client, std::string_view early) {
  io::Stream& upstream = *upstream_.tunnel_stream();
  std::string_view upstream_early = upstream_.tunnel_early();
  io::Scope up(&x_.scope);
  up.spawn(pump(client, upstream, early, x_.record.request_body_bytes));
  co_await pump(upstream, client, upstream_early, x_.record.response_body_bytes);
  co_await up.join();
  upstream_.abandon();
}

}  // namespace fairlead::proxy
