#include "http/server/h2_connection.h"

#include <cstring>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/h2_frames.h"
#include "tests/support/virtual_loop.h"

namespace fairlead::http {
namespace {

namespace h2 = fairlead::testing::h2;

// A stream whose other end is the test.
class MemoryStream final : public io::Stream {
 public:
  std::string to_server, from_server;
  bool is_closed = false;

  void feed(std::string_view bytes) {
    to_server += bytes;
    if (reader_ != nullptr) reader_->wake();
  }
  Result<size_t> try_read(std::span<char> into) override {
    if (is_closed) return fail(Code::closed);
    if (to_server.empty()) return fail(Code::would_block);
    size_t part = std::min(into.size(), to_server.size());
    std::memcpy(into.data(), to_server.data(), part);
    to_server.erase(0, part);
    return part;
  }
  Result<size_t> try_write(std::span<const iovec> from) override {
    if (is_closed) return fail(Code::closed);
    size_t total = 0;
    for (const iovec& part : from) {
      from_server.append(static_cast<const char*>(part.iov_base), part.iov_len);
      total += part.iov_len;
    }
    return total;
  }
  void shutdown_write() override { close(); }  // the client goes as soon as it may
  void close() override {
    is_closed = true;
    if (reader_ != nullptr) reader_->wake(Error{Code::closed});
  }
  PeerState peer_state() const override { return is_closed ? PeerState::failed : PeerState::open; }
  bool has_unread() const override { return !to_server.empty(); }
  const io::Address& peer() const override { return address_; }
  const io::Address& local() const override { return address_; }

 protected:
  void want_read() override {}
  void want_write() override {}

 private:
  io::Address address_;
};

// Answers every request with a body of `bytes`; counts what it was given.
class Handler final : public RequestHandler {
 public:
  size_t bytes = 0;
  int served = 0, failed = 0;
  bool reads_body = false;
  std::vector<Code> refusals;

  io::Task<void> serve(ServerStream& stream, Arena& arena, RequestHead&& head, Body* body,
                       const Peers&) override {
    ++served;
    if (reads_body && body != nullptr) {
      while (!body->is_finished()) {
        Result<Chunk> chunk = co_await body->read();
        if (!chunk) {
          ++failed;
          refusals.push_back(chunk.error().code);
          co_return;
        }
      }
    }
    text_.assign(bytes, 'x');
    ResponseHead response(arena);
    FixedBody fixed(text_);
    Result<void> sent = co_await stream.write_response(response, &fixed);
    if (!sent) {
      ++failed;
      refusals.push_back(sent.error().code);
    }
  }
  void refused(Error error, const Peers&) override { refusals.push_back(error.code); }

 private:
  std::string text_;
};

struct Connection {
  testing::VirtualLoop loop;
  MemoryStream stream;
  Handler handler;
  ServerSettings settings;
  io::Scope idle, fresh, tasks;
  DrainState drain{false, &idle, &idle, &fresh};
  io::Scope scope;

  void start(std::string_view first = {}) {
    stream.feed(std::string(h2::kPreface) + h2::frame(h2::settings, 0, 0) + std::string(first));
    tasks.spawn(run_h2_connection(stream, handler, settings, drain, scope, nullptr));
    loop.settle();
  }
  void get(uint32_t id, uint8_t flags = h2::kEndHeaders | h2::kEndStream) {
    stream.feed(
        h2::frame(h2::headers, flags, id, h2::block(h2::request(flags & 1 ? "GET" : "POST"))));
    loop.settle();
  }
  const h2::Frame* find(h2::Type type, uint32_t id = 0) {
    frames_ = h2::parse(stream.from_server);
    for (const h2::Frame& frame : frames_) {
      if (frame.type == type && frame.id == id) return &frame;
    }
    return nullptr;
  }
  ~Connection() {
    scope.cancel(Error{Code::cancelled});
    loop.settle();
  }

 private:
  std::vector<h2::Frame> frames_;
};

TEST_CASE("h2_connection_serves_and_then_says_goodbye_when_idle") {
  Connection c;
  c.handler.bytes = 10;
  c.start();
  c.get(1);
  CHECK(c.handler.served == 1);
  REQUIRE(c.find(h2::data, 1) != nullptr);
  CHECK(c.find(h2::data, 1)->payload.size() == 10);
  c.loop.advance(c.settings.keepalive - io::Duration{1000});
  CHECK(c.find(h2::goaway) == nullptr);
  c.loop.advance(c.settings.keepalive);
  REQUIRE(c.find(h2::goaway) != nullptr);
  CHECK(c.find(h2::goaway)->error() == 0);
  CHECK(c.stream.is_closed);
  CHECK(c.tasks.is_idle());
}

TEST_CASE("zero_window_stall_resets_the_stream_and_no_other") {
  Connection c;
  c.handler.bytes = 100;
  c.start();
  c.stream.feed(h2::frame(h2::settings, 0, 0, std::string("\0\4", 2) + h2::number(0)));
  c.get(1);
  c.loop.advance(io::Duration{25'000});
  CHECK(c.find(h2::rst_stream, 1) == nullptr);
  c.loop.advance(io::Duration{10'000});
  REQUIRE(c.find(h2::rst_stream, 1) != nullptr);
  CHECK(c.find(h2::rst_stream, 1)->error() == 8);
  CHECK(c.handler.refusals == std::vector<Code>{Code::h2_window_stall});
  c.stream.feed(h2::frame(h2::settings, 0, 0, std::string("\0\4", 2) + h2::number(1000)));
  c.get(3);
  CHECK(c.find(h2::data, 3) != nullptr);
}

TEST_CASE("a_window_that_dribbles_is_too_slow") {
  Connection c;
  c.handler.bytes = 5000;
  c.start();
  c.stream.feed(h2::frame(h2::settings, 0, 0, std::string("\0\4", 2) + h2::number(1)));
  c.get(1);
  for (int second = 0; second < 40 && c.find(h2::rst_stream, 1) == nullptr; ++second) {
    c.stream.feed(h2::frame(h2::window_update, 0, 1, h2::number(1)));
    c.loop.advance(io::Duration{1000});
  }
  CHECK(c.find(h2::rst_stream, 1) != nullptr);
}

TEST_CASE("a_head_that_does_not_end_is_given_up") {
  Connection c;
  c.start(h2::frame(h2::headers, 0, 1, h2::block(h2::request())));
  c.loop.advance(c.settings.client_header + io::Duration{100});
  CHECK(c.stream.is_closed);
  CHECK(c.handler.refusals == std::vector<Code>{Code::client_header_timeout});
  CHECK(c.handler.served == 0);
}

TEST_CASE("a_body_that_does_not_come_is_given_up") {
  Connection c;
  c.handler.reads_body = true;
  c.start();
  c.get(1, h2::kEndHeaders);
  c.stream.feed(h2::frame(h2::data, 0, 1, "begin"));
  c.loop.advance(c.settings.client_idle + io::Duration{100});
  CHECK(c.handler.refusals == std::vector<Code>{Code::client_idle_timeout});
  CHECK(c.find(h2::rst_stream, 1) != nullptr);
}

TEST_CASE("streams_reset_within_one_round_cause_no_work") {
  Connection c;
  std::string burst;
  for (uint32_t id = 1; id < 100; id += 2) {
    burst += h2::frame(h2::headers, h2::kEndHeaders | h2::kEndStream, id, h2::block(h2::request()));
    burst += h2::frame(h2::rst_stream, 0, id, h2::number(8));
  }
  c.start(burst);
  CHECK(c.handler.served == 0);
  c.get(101);
  CHECK(c.handler.served == 1);
}

TEST_CASE("draining_announces_finishes_and_closes") {
  Connection c;
  c.handler.bytes = 10;
  c.handler.reads_body = true;
  c.start();
  c.get(1, h2::kEndHeaders);
  c.drain.is_draining = true;
  c.idle.cancel(Error{Code::cancelled});
  c.loop.settle();
  REQUIRE(c.find(h2::goaway) != nullptr);
  CHECK(c.find(h2::goaway)->payload.substr(0, 4) == h2::number(0x7fffffff));
  c.get(3);  // was under way
  CHECK(c.handler.served == 2);
  c.loop.advance(io::Duration{1100});
  c.get(5);  // came too late
  CHECK(c.handler.served == 2);
  CHECK_FALSE(c.stream.is_closed);
  c.stream.feed(h2::frame(h2::data, h2::kEndStream, 1, "end"));
  c.loop.settle();
  CHECK(c.find(h2::data, 1) != nullptr);
  CHECK(c.stream.is_closed);
}

TEST_CASE("a_connection_that_had_its_share_of_streams_ends") {
  Connection c;
  c.settings.max_requests = 3;
  c.start();
  for (uint32_t id : {1u, 3u, 5u}) c.get(id);
  REQUIRE(c.find(h2::goaway) != nullptr);
  c.loop.advance(io::Duration{1100});
  CHECK(c.stream.is_closed);
  CHECK(c.handler.served == 3);
}

TEST_CASE("a_client_that_goes_cancels_what_is_served") {
  Connection c;
  c.handler.reads_body = true;
  c.start();
  c.get(1, h2::kEndHeaders);
  c.stream.close();
  c.loop.settle();
  CHECK(c.handler.failed == 1);
  CHECK(c.tasks.is_idle());
}

}  // namespace
}  // namespace fairlead::http
