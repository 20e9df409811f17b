// The ServerStream of one HTTP/2 request: its body as a pull source that gives credit for what is
// read, its response under the client's flow control, its tunnel. Made by the connection when a
// head begins, gone when both the codec and the handler are done. Private to src/http/server; one
// worker.
#pragma once

#include "base/list.h"
#include "http/server/h2_link.h"
#include "http/server/h2_tunnel_stream.h"

namespace fairlead::http {

class H2ServerStream final : public ServerStream, public H2Stream, public ListHook {
 public:
  H2ServerStream(int32_t id, const H2Limits& limits, H2Link& link, const Peers& peers)
      : H2Stream(id, limits), link_(link), tunnel_(*this, link, peers) {}

  static void* operator new(size_t bytes) { return BlockPool::take(bytes); }
  static void operator delete(void* memory, size_t bytes) noexcept {
    BlockPool::give(memory, bytes);
  }

  io::Task<Result<void>> write_interim(const ResponseHead& head) override;
  io::Task<Result<void>> write_response(const ResponseHead& head, Body* body) override;
  io::Stream* tunnel_stream() override { return is_websocket() ? &tunnel_ : nullptr; }
  std::string_view tunnel_early() override { return {}; }
  bool can_respond() const override { return !has_started_ && is_open(); }
  uint64_t body_bytes_sent() const override { return sent_bytes(); }
  void close_after() override {}  // a stream carries one exchange in any case
  void watch_client(io::Scope* scope) override;

  // Sends and receives: neither reset nor forgotten.
  bool is_open() const { return !is_closed() && failure().code == Code::ok && !link_.is_closing; }
  Error failure_or_closed() const;
  // Whose cancellation ends the waits on this stream.
  io::Scope* scope() const { return watched_ != nullptr ? watched_ : &link_.scope; }

  // Of the connection, when the codec has news: they wake whoever waits.
  void heard();
  void framed();
  void cut_off();
  // The client's window may be open again.
  void window_news() {
    if (is_waiting_for_window_ && sender_ != nullptr) sender_->wake();
  }
  // The last bytes of a tunnel that ended well are still on their way when its pumps have returned.
  io::Task<void> flush_tunnel();
  // The handler has returned: ends on the wire what it left open.
  void settle();

  // Waits for the client to send more, at most `idle`.
  io::Wait more_received(io::Timeout idle) { return io::Wait(&receiver_, scope(), idle); }
  bool has_started() const { return has_started_; }
  // Why the head was refused without being malformed; ok for a request that is to be served.
  Code refusal = Code::ok;
  enum class Phase : uint8_t { opening, fresh, serving } phase = Phase::opening;
  H2ServerStream* next_fresh = nullptr;  // of those whose work has not begun
  H2Link& link() { return link_; }

 private:
  io::Task<Result<void>> write_body(Body& body);
  io::Task<Result<void>> wait_for_window();
  io::Task<Result<void>> wait_until_framed(bool is_last);
  bool is_stalled(io::TimePoint since) const;
  Result<void> give_up(Error error, H2Error code);

  H2Link& link_;
  H2TunnelStream tunnel_;
  io::Scope* watched_ = nullptr;
  io::Waiter* receiver_ = nullptr;
  io::Waiter* sender_ = nullptr;
  io::Duration stalled_{0};  // time spent waiting for the client's window, in all
  bool has_started_ = false;
  bool is_complete_ =
      false;  // everything of the response was handed to the codec, and framed when it had a body
  bool is_waiting_for_window_ = false;
};

}  // namespace fairlead::http
