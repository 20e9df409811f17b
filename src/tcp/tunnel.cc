#include "tcp/tunnel.h"

#include <algorithm>
#include <span>

#include "base/block_pool.h"

namespace fairlead::tcp {
namespace {

constexpr size_t kSmallBlock = 16 * 1024;
constexpr size_t kLargeBlock = 64 * 1024;  // for a direction that fills the small one
// Between two ends that are both faster than we are, nothing would ever wait.
constexpr unsigned kChunksInARow = 64;
constexpr io::Duration kPause{1};
constexpr io::Duration kBrokenPatience{100};

class Block {
 public:
  explicit Block(size_t bytes) : bytes_(bytes), start_(BlockPool::take(bytes)) {}
  ~Block() { BlockPool::give(start_, bytes_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  std::span<char> span() { return {static_cast<char*>(start_), bytes_}; }

 private:
  size_t bytes_;
  void* start_;
};

struct Direction {
  io::Stream& from;
  io::Stream& to;
  uint64_t bytes = 0;
  bool is_writing = false;
  bool has_ended = false;
  bool is_receiver_gone = false;
  size_t block = kSmallBlock;
  io::Event ended{};
};

class Tunnel {
 public:
  Tunnel(io::Stream& client, io::Stream& upstream, io::Duration delay, io::Scope& scope)
      : up_{client, upstream}, down_{upstream, client}, delay_(delay), scope_(scope) {}

  io::Task<TunnelBytes> run() {
    io::Scope second(&scope_);
    second.spawn(carry(up_, down_));
    co_await carry(down_, up_);
    co_await second.join();
    if (is_broken_) {
      up_.from.abort();
      down_.from.abort();
    } else {
      up_.from.close();
      down_.from.close();
    }
    co_return TunnelBytes{up_.bytes, down_.bytes};
  }

 private:
  // One direction to its end, then the wait for the other one.
  io::Task<void> carry(Direction& way, Direction& other) {
    Result<void> pumped = co_await pump(way);
    way.has_ended = true;
    way.ended.set();
    if (pumped) {
      way.to.shutdown_write();
    } else {
      is_broken_ = true;
      // A sender that is gone has no use for answers, and what it sent may not be whole. A receiver
      // that is gone may have sent something before: that is still delivered.
      if (!way.is_receiver_gone) {
        way.from.abort();
        way.to.abort();
      }
    }
    co_await outlive(way, other);
  }

  io::Task<void> outlive(Direction& way, Direction& other) {
    while (!other.has_ended && (delay_ >= io::Duration::zero() || is_broken_)) {
      uint64_t before = other.bytes;
      io::Duration patience = std::max(delay_, is_broken_ ? kBrokenPatience : kPause);
      Result<void> ended = co_await other.ended.wait(&scope_, {patience, Code::closed});
      if (ended || other.has_ended) break;
      if (!scope_.is_cancelled() && (other.bytes != before || other.is_writing)) continue;
      way.from.close();
      way.to.close();
      break;
    }
  }

  io::Task<Result<void>> pump(Direction& way) {
    unsigned in_a_row = 0;
    for (;;) {
      Result<bool> moved = co_await move_once(way);
      if (moved && !*moved) co_return Result<void>{};
      if (moved) {
        if (++in_a_row < kChunksInARow) continue;
        in_a_row = 0;
        Result<void> paused = co_await io::sleep_for(kPause, &scope_);
        if (scope_.is_cancelled()) co_return paused;
        continue;
      }
      if (moved.error().code != Code::would_block) co_return fail(moved.error());
      in_a_row = 0;
      Result<void> ready = co_await way.from.readable(io::kNoTimeout);
      if (!ready) co_return fail(ready.error());
    }
  }

  // Takes what there is and passes it on; false at the end.
  io::Task<Result<bool>> move_once(Direction& way) {
    Block block(way.block);
    Result<size_t> got = way.from.try_read(block.span());
    // Why: many clients leave TLS without saying goodbye. Their transport has ended in good order.
    bool is_bare_end = !got && got.error().code == Code::reset && got.error().os == 0;
    if (is_bare_end) co_return false;
    if (!got) co_return fail(got.error());
    if (*got == 0) co_return false;
    if (*got == kSmallBlock) way.block = kLargeBlock;
    if (*got < kSmallBlock / 4) way.block = kSmallBlock;
    iovec part{block.span().data(), *got};
    way.is_writing = true;
    Result<void> sent = co_await io::write_all(way.to, {&part, 1}, io::kNoTimeout);
    way.is_writing = false;
    if (!sent) {
      way.is_receiver_gone = true;
      co_return fail(sent.error());
    }
    way.bytes += *got;
    co_return true;
  }

  Direction up_, down_;
  io::Duration delay_;
  io::Scope& scope_;
  bool is_broken_ = false;
};

}  // namespace

io::Task<TunnelBytes> run_tunnel(io::Stream& client, io::Stream& upstream,
                                 io::Duration termination_delay, io::Scope& scope) {
  Tunnel tunnel(client, upstream, termination_delay, scope);
  TunnelBytes bytes = co_await tunnel.run();
  co_return bytes;
}

}  // namespace fairlead::tcp
