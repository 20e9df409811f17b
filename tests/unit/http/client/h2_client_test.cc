#include "http/client/h2_client.h"

#include <cstring>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/h2_frames.h"
#include "tests/support/virtual_loop.h"

namespace fairlead::http {
namespace {

namespace h2 = fairlead::testing::h2;

// The connection's end of a transport whose other end is the test.
class UpstreamEnd final : public io::Stream {
 public:
  struct Shared {
    std::string to_us, from_us;
    bool has_ended = false;
    UpstreamEnd* stream = nullptr;
  };
  explicit UpstreamEnd(Shared& shared) : shared_(shared) { shared.stream = this; }
  ~UpstreamEnd() override { shared_.stream = nullptr; }

  void wake() {
    if (reader_ != nullptr) reader_->wake();
  }
  Result<size_t> try_read(std::span<char> into) override {
    if (is_closed_) return fail(Code::closed);
    size_t part = std::min(into.size(), shared_.to_us.size());
    if (part == 0) return shared_.has_ended ? Result<size_t>(0) : fail(Code::would_block);
    std::memcpy(into.data(), shared_.to_us.data(), part);
    shared_.to_us.erase(0, part);
    return part;
  }
  Result<size_t> try_write(std::span<const iovec> from) override {
    if (is_closed_) return fail(Code::closed);
    size_t total = 0;
    for (const iovec& part : from) {
      shared_.from_us.append(static_cast<const char*>(part.iov_base), part.iov_len);
      total += part.iov_len;
    }
    return total;
  }
  void shutdown_write() override {}
  void close() override {
    is_closed_ = true;
    if (reader_ != nullptr) reader_->wake(Error{Code::closed});
  }
  PeerState peer_state() const override { return PeerState::open; }
  bool has_unread() const override { return !shared_.to_us.empty(); }
  const io::Address& peer() const override { return address_; }
  const io::Address& local() const override { return address_; }

 protected:
  void want_read() override {}
  void want_write() override {}

 private:
  Shared& shared_;
  bool is_closed_ = false;
  io::Address address_;
};

struct Rig {
  explicit Rig(UpstreamTimeouts timeouts = {})
      : connection(std::make_unique<UpstreamEnd>(shared),
                   {"http", timeouts, io::Duration{90'000}}) {
    life.spawn(connection.run());
    loop.settle();
  }
  ~Rig() {
    connection.cut({Code::cancelled});
    loop.settle();
    CHECK(life.is_idle());
  }
  void feed(std::string_view bytes) {
    shared.to_us += bytes;
    if (shared.stream != nullptr) shared.stream->wake();
    loop.settle();
  }
  void hang_up() {
    shared.has_ended = true;
    if (shared.stream != nullptr) shared.stream->wake();
    loop.settle();
  }
  std::vector<h2::Frame> sent() {
    std::string_view all = shared.from_us;
    if (all.starts_with("PRI")) all.remove_prefix(h2::kPreface.size());
    return h2::parse(all);
  }

  testing::VirtualLoop loop;
  UpstreamEnd::Shared shared;
  io::Scope life, scope;
  Arena arena;
  H2ClientConnection connection;
};

struct Call {
  explicit Call(Rig& rig) : rig(rig), head(rig.arena), stream(rig.connection, rig.arena, {}) {
    stream.set_scope(&rig.scope);
    RequestHead request(rig.arena);
    request.method_text = "GET";
    sent = rig.loop.run(stream.send_head(request, "a.test", nullptr)).value();
  }
  std::optional<Result<void>> receive(io::Duration limit = io::Duration{5000}) {
    return rig.loop.run(stream.receive_head(head, limit));
  }
  Rig& rig;
  ResponseHead head;
  H2ClientStream stream;
  Result<void> sent;
};

std::string ok_head(uint32_t id, uint8_t flags = h2::kEndHeaders) {
  return h2::frame(h2::headers, flags, id, h2::block({{":status", "200"}}));
}

TEST_CASE("two requests share a connection and are answered in any order") {
  Rig rig;
  Call first(rig), second(rig);
  rig.feed(h2::frame(h2::settings, 0, 0) + ok_head(3, h2::kEndHeaders | h2::kEndStream) +
           ok_head(1));
  REQUIRE(first.receive().value());
  REQUIRE(second.receive().value());
  CHECK(second.stream.body() == nullptr);
  REQUIRE(first.stream.body() != nullptr);
  rig.feed(h2::frame(h2::data, h2::kEndStream, 1, "body"));
  auto chunk = rig.loop.run(first.stream.body()->read());
  REQUIRE(chunk->has_value());
  CHECK((*chunk)->bytes() == "body");
  CHECK((*chunk)->is_last());
}

TEST_CASE("a broken connection fails its streams as one of HTTP/1.1 would") {
  Rig rig;
  {
    Call first(rig);
    rig.feed(h2::frame(h2::settings, 0, 0) + ok_head(1, h2::kEndHeaders | h2::kEndStream));
    REQUIRE(first.receive().value());
  }
  Call reused(rig), begun(rig);
  rig.feed(ok_head(5));
  rig.hang_up();
  CHECK(reused.receive().value().error().retry == Retry::if_reused);
  REQUIRE(begun.receive().value());
  auto chunk = rig.loop.run(begun.stream.body()->read());
  REQUIRE_FALSE(chunk->has_value());
  CHECK(chunk->error().retry == Retry::never);
  CHECK(chunk->error().side == Side::upstream);
  CHECK_FALSE(rig.connection.has_room());
}

TEST_CASE("a fresh connection that breaks in silence may have served the request") {
  Rig rig;
  Call only(rig);
  rig.loop.settle();
  rig.hang_up();
  CHECK(only.receive().value().error().retry == Retry::if_idempotent);
}

TEST_CASE("no answer in time is a timeout, and the stream is cancelled with its end") {
  Rig rig;
  {
    Call call(rig);
    rig.feed(h2::frame(h2::settings, 0, 0));
    CHECK(call.receive(io::Duration{100}).value().error().code == Code::upstream_head_timeout);
    call.stream.abandon();
    rig.loop.settle();
  }
  bool is_reset = false;
  for (const h2::Frame& frame : rig.sent())
    is_reset = is_reset || (frame.type == h2::rst_stream && frame.error() == 8);
  CHECK(is_reset);
}

TEST_CASE("a cancelled scope ends the wait") {
  Rig rig;
  Call call(rig);
  rig.scope.cancel({Code::closed, Side::client, Stage::body});
  CHECK(call.receive().value().error().side == Side::client);
}

TEST_CASE("silence is asked about, and an unanswered ping ends the connection") {
  UpstreamTimeouts timeouts;
  timeouts.read_idle = io::Duration{1000};
  timeouts.ping = io::Duration{500};
  Rig rig(timeouts);
  Call call(rig);
  rig.feed(h2::frame(h2::settings, 0, 0));
  rig.loop.advance(io::Duration{1100});
  bool has_ping = false;
  for (const h2::Frame& frame : rig.sent()) has_ping = has_ping || frame.type == h2::ping;
  CHECK(has_ping);
  rig.loop.advance(io::Duration{600});
  CHECK(call.receive().value().error().code == Code::h2_ping_timeout);
}

TEST_CASE("an unused connection ends after its time") {
  Rig rig;
  rig.feed(h2::frame(h2::settings, 0, 0));
  CHECK(rig.connection.has_room());
  rig.loop.advance(io::Duration{91'000});
  CHECK_FALSE(rig.connection.has_room());
  CHECK(rig.life.is_idle());
}

TEST_CASE("after GOAWAY there is no room, and the last stream ends the connection") {
  Rig rig;
  {
    Call call(rig);
    rig.feed(h2::frame(h2::settings, 0, 0) +
             h2::frame(h2::goaway, 0, 0, h2::number(1) + h2::number(0)));
    CHECK_FALSE(rig.connection.has_room());
    rig.feed(ok_head(1, h2::kEndHeaders | h2::kEndStream));
    REQUIRE(call.receive().value());
  }
  rig.loop.settle();
  CHECK(rig.life.is_idle());
}

}  // namespace
}  // namespace fairlead::http
