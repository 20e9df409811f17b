#include "http/codec/h2_session.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/h2_frames.h"

namespace fairlead::http {
namespace {

namespace h2 = fairlead::testing::h2;

class TestStream final : public H2Stream {
 public:
  using H2Stream::H2Stream;
  Code fault = Code::internal;  // of the head, once it is there
};

// One session and what it told; streams live until the end.
class Server final : public H2Events {
 public:
  explicit Server(H2Limits limits = {}) : limits_(limits), session(*this, limits) {
    feed(std::string(h2::kPreface) + h2::frame(h2::settings, 0, 0));
    pull();
  }
  ~Server() {
    for (auto& stream : streams) {
      if (!stream->is_closed()) session.forget(*stream);
    }
  }

  void feed(std::string_view bytes) { session.feed(bytes, now); }
  void get(uint32_t id, h2::Lines extra = {}, uint8_t flags = h2::kEndHeaders | h2::kEndStream) {
    h2::Lines lines = h2::request();
    lines.insert(lines.end(), extra.begin(), extra.end());
    feed(h2::frame(h2::headers, flags, id, h2::block(lines)));
  }
  // Everything the session has to say.
  std::vector<h2::Frame> pull() {
    std::string all;
    H2Output output;
    while (session.wants_write()) {
      session.pull(output, now);
      if (output.empty()) break;
      all += output.unsent();
      output.sent(output.unsent().size());
    }
    return h2::parse(all);
  }
  TestStream& stream(uint32_t id) {
    for (auto& stream : streams) {
      if (stream->id() == static_cast<int32_t>(id)) return *stream;
    }
    REQUIRE_MESSAGE(false, "no such stream");
    std::abort();
  }
  bool was_refused(Code code) const { return std::ranges::find(refusals, code) != refusals.end(); }

  H2Stream* open(int32_t id) override {
    streams.push_back(std::make_unique<TestStream>(id, limits_));
    return streams.back().get();
  }
  void on_head(H2Stream& stream, Code fault) override {
    static_cast<TestStream&>(stream).fault = fault;
  }
  void on_received(H2Stream&) override {}
  void on_sent(H2Stream&) override { ++sent; }
  void on_close(H2Stream& stream) override { session.forget(stream); }
  void on_refused(Error error) override { refusals.push_back(error.code); }
  void on_notice_seen() override { is_notice_seen = true; }

 private:
  H2Limits limits_;

 public:
  io::TimePoint now{io::Duration{1'000'000}};
  H2Session session;
  std::vector<std::unique_ptr<TestStream>> streams;
  std::vector<Code> refusals;
  int sent = 0;
  bool is_notice_seen = false;
};

const h2::Frame* find(const std::vector<h2::Frame>& frames, h2::Type type, uint32_t id = 0) {
  auto at = std::ranges::find_if(frames,
                                 [&](const h2::Frame& f) { return f.type == type && f.id == id; });
  return at == frames.end() ? nullptr : &*at;
}

// The error of the GOAWAY or RST_STREAM among the frames; -1 when there is none.
int64_t error_of(const std::vector<h2::Frame>& frames, h2::Type type, uint32_t id = 0) {
  const h2::Frame* frame = find(frames, type, id);
  return frame == nullptr ? -1 : static_cast<int64_t>(frame->error());
}

TEST_CASE("h2_session_offers_what_it_holds_clients_to") {
  H2Limits limits;
  limits.max_concurrent_streams = 77;
  struct Quiet final : H2Events {
    H2Stream* open(int32_t) override { return nullptr; }
    void on_head(H2Stream&, Code) override {}
    void on_received(H2Stream&) override {}
    void on_sent(H2Stream&) override {}
    void on_close(H2Stream&) override {}
    void on_refused(Error) override {}
    void on_notice_seen() override {}
  } quiet;
  H2Session session(quiet, limits);
  H2Output output;
  session.pull(output, {});
  std::vector<h2::Frame> frames = h2::parse(output.unsent());
  const h2::Frame* settings = find(frames, h2::settings);
  REQUIRE(settings != nullptr);
  CHECK(settings->payload.find(std::string("\0\3\0\0\0\x4d", 6)) != std::string::npos);
  CHECK(settings->payload.find(std::string("\0\x08\0\0\0\1", 6)) != std::string::npos);
  CHECK(find(frames, h2::window_update) != nullptr);
}

TEST_CASE("h2_session_answers_a_request_with_head_body_and_trailers") {
  Server server;
  server.get(1);
  TestStream& stream = server.stream(1);
  CHECK(stream.fault == Code::ok);
  CHECK(stream.has_request_ended());
  HeaderMap trailers(stream.arena());
  trailers.add("grpc-status", "0");
  Field fields[] = {{"Content-Type", "text/plain", FieldId::content_type}};
  server.session.send_head(stream, 200, fields, false);
  server.session.send(stream, Chunk::of_static("hello", true), &trailers);
  std::vector<h2::Frame> frames = server.pull();
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].type == h2::headers);
  CHECK(frames[0].flags == h2::kEndHeaders);
  CHECK(frames[1].type == h2::data);
  CHECK(frames[1].flags == 0);
  CHECK(frames[1].payload == "hello");
  CHECK(frames[2].type == h2::headers);
  CHECK(frames[2].flags == (h2::kEndHeaders | h2::kEndStream));
  CHECK(stream.has_response_ended());
  CHECK(stream.is_closed());
}

TEST_CASE("h2_session_gives_credit_for_what_is_read_only") {
  Server server;
  server.get(1, {}, h2::kEndHeaders);
  std::string block(16'384, 'x');
  for (int i = 0; i < 3; ++i) server.feed(h2::frame(h2::data, 0, 1, block));
  CHECK(find(server.pull(), h2::window_update, 1) == nullptr);
  TestStream& stream = server.stream(1);
  CHECK(stream.received().bytes() == 3 * block.size());
  while (!stream.received().empty()) {
    Chunk chunk = stream.received().pop(false);
    server.session.consumed(stream, chunk.bytes().size());
  }
  CHECK(find(server.pull(), h2::window_update, 1) != nullptr);
}

TEST_CASE("h2_session_stops_a_client_that_ignores_the_window") {
  Server server;
  server.get(1, {}, h2::kEndHeaders);
  std::string block(16'384, 'x');
  for (int i = 0; i < 6; ++i) server.feed(h2::frame(h2::data, 0, 1, block));
  CHECK(server.stream(1).received().bytes() <= 5 * block.size());
  std::vector<h2::Frame> frames = server.pull();
  CHECK(error_of(frames, h2::rst_stream, 1) == 3);
}

TEST_CASE("h2_session_sends_no_more_than_the_clients_window") {
  Server server;
  server.feed(h2::frame(h2::settings, 0, 0, std::string("\0\4", 2) + h2::number(10)));
  server.get(1);
  TestStream& stream = server.stream(1);
  server.session.send_head(stream, 200, {}, false);
  server.session.send(stream, Chunk::of_static("0123456789abcdef", true), nullptr);
  std::vector<h2::Frame> frames = server.pull();
  REQUIRE(find(frames, h2::data, 1) != nullptr);
  CHECK(find(frames, h2::data, 1)->payload == "0123456789");
  CHECK(server.session.window(stream) <= 0);
  CHECK(stream.is_sending());
  server.feed(h2::frame(h2::window_update, 0, 1, h2::number(100)));
  frames = server.pull();
  CHECK(find(frames, h2::data, 1)->payload == "abcdef");
  CHECK(stream.has_response_ended());
}

TEST_CASE("h2_session_holds_clients_to_their_content_length") {
  for (std::string body : {"12", "1234"}) {
    Server server;
    server.get(1, {{"content-length", "3"}}, h2::kEndHeaders);
    server.stream(1).expect_bytes(3);
    server.feed(h2::frame(h2::data, h2::kEndStream, 1, body));
    CHECK(error_of(server.pull(), h2::rst_stream, 1) == 1);
    CHECK(server.was_refused(Code::bad_content_length));
    CHECK_FALSE(server.stream(1).has_request_ended());
  }
}

TEST_CASE("h2_session_resets_malformed_heads_and_goes_on") {
  Server server;
  server.get(1, {{"connection", "close"}});
  CHECK(error_of(server.pull(), h2::rst_stream, 1) == 1);
  CHECK(server.was_refused(Code::bad_header_name));
  server.get(3);
  CHECK(server.stream(3).fault == Code::ok);
}

TEST_CASE("rapid_reset_ends_the_connection") {
  Server server;
  uint32_t id = 1;
  for (; id < 2000 && !server.was_refused(Code::h2_rapid_reset); id += 2) {
    server.get(id);
    server.feed(h2::frame(h2::rst_stream, 0, id, h2::number(8)));
  }
  CHECK(id / 2 == 101);
  CHECK(error_of(server.pull(), h2::goaway) == 11);
  CHECK(server.session.is_over());
}

TEST_CASE("resets_that_a_client_provokes_count_like_its_own") {
  Server server;
  uint32_t id = 1;
  for (; id < 2000 && !server.was_refused(Code::h2_rapid_reset); id += 2) {
    server.get(id, {{"connection", "close"}});
    if (server.was_refused(Code::h2_rapid_reset)) continue;
    CHECK(error_of(server.pull(), h2::rst_stream, id) == 1);
  }
  CHECK(id / 2 == 101);
  CHECK(server.was_refused(Code::h2_rapid_reset));
}

TEST_CASE("slow_resets_are_no_attack") {
  Server server;
  for (uint32_t id = 1; id < 2000; id += 2) {
    server.get(id);
    server.feed(h2::frame(h2::rst_stream, 0, id, h2::number(8)));
    server.now += io::Duration{100};
  }
  CHECK(server.refusals.empty());
}

TEST_CASE("continuation_flood_ends_the_connection") {
  Server server;
  server.feed(h2::frame(h2::headers, 0, 1, h2::block(h2::request())));
  for (int i = 0; i < 20; ++i)
    server.feed(h2::frame(h2::continuation, 0, 1, h2::block({{"a", "b"}})));
  CHECK(server.refusals.size() == 1);
  CHECK(error_of(server.pull(), h2::goaway) > 0);
  CHECK(server.session.is_over());
}

TEST_CASE("odd_frames_end_the_connection") {
  const std::vector<std::pair<std::string, std::string>> floods = {
      {"settings", h2::frame(h2::settings, 0, 0)},
      {"ping", h2::frame(h2::ping, 0, 0, "12345678")},
      {"ping_ack", h2::frame(h2::ping, h2::kAck, 0, "12345678")},
      {"priority", h2::frame(h2::priority, 0, 1, std::string("\0\0\0\0\1", 5))},
      {"window_dribble", h2::frame(h2::window_update, 0, 0, h2::number(1))},
      {"empty_data", h2::frame(h2::data, 0, 1)},
      {"unknown", h2::frame(static_cast<h2::Type>(99), 0, 0, "x")},
  };
  for (const auto& [name, bytes] : floods) {
    CAPTURE(name);
    Server server;
    server.get(1, {}, h2::kEndHeaders);
    int sent = 0;
    while (!server.session.is_over() && sent < 5000) {
      server.feed(bytes);
      server.pull();
      ++sent;
    }
    CHECK(sent < 2200);
    CHECK(server.was_refused(Code::h2_glitches));
  }
}

TEST_CASE("unread_answers_end_the_connection") {
  Server server;
  for (int i = 0; i < 2000 && server.refusals.empty(); ++i) {
    server.feed(h2::frame(h2::ping, 0, 0, "12345678"));
    server.now += io::Duration{100};
  }
  CHECK(server.was_refused(Code::h2_control_flood));
}

TEST_CASE("hpack_bomb_is_cut_short_and_costs_no_memory") {
  Server server;
  std::string large(4000, 'x');
  // Into the dynamic table, then a thousand one-byte references to it.
  std::string bomb = h2::block(h2::request());
  bomb += '\x40' + h2::hpack_string("a") + h2::hpack_string(large);
  bomb += std::string(8000, '\xbe');
  server.feed(h2::frame(h2::headers, h2::kEndHeaders | h2::kEndStream, 1, bomb));
  CHECK(server.was_refused(Code::h2_header_flood));
  CHECK(error_of(server.pull(), h2::goaway) == 11);
  CHECK(server.stream(1).arena().held_bytes() < 64 * 1024);
}

TEST_CASE("header_memory_of_open_streams_is_bounded") {
  Server server;
  uint32_t id = 1;
  for (; id < 200 && server.refusals.empty(); id += 2) {
    h2::Lines lines;
    for (int i = 0; i < 4; ++i) lines.emplace_back("a", std::string(2500, 'x'));
    server.get(id, lines);
  }
  CHECK(server.was_refused(Code::h2_header_memory));
  CHECK(id / 2 < 27);
  std::vector<h2::Frame> frames = server.pull();
  CHECK(error_of(frames, h2::rst_stream, id - 2) == 7);
  CHECK(error_of(frames, h2::goaway) == 11);
  // The streams under way go on.
  server.session.send_head(server.stream(1), 204, {}, true);
  CHECK(find(server.pull(), h2::headers, 1) != nullptr);
}

TEST_CASE("frames_for_streams_that_the_client_has_ended_are_a_connection_error") {
  Server server;
  server.get(1);
  server.session.send_head(server.stream(1), 204, {}, true);
  server.pull();
  server.feed(h2::frame(h2::data, 0, 1, "late"));
  CHECK(error_of(server.pull(), h2::goaway) == 5);
}

TEST_CASE("a_stream_that_depends_on_itself_is_a_connection_error") {
  std::string self = h2::frame(h2::priority, 0, 7, h2::number(7) + "x");
  for (size_t cut = 0; cut <= self.size(); ++cut) {
    Server server;
    server.feed(self.substr(0, cut));
    server.feed(self.substr(cut));
    CHECK(error_of(server.pull(), h2::goaway) == 1);
  }
}

TEST_CASE("frames_may_arrive_cut_anywhere") {
  std::string bytes = h2::frame(h2::headers, h2::kEndHeaders, 1, h2::block(h2::request("POST"))) +
                      h2::frame(h2::priority, 0, 1, std::string("\0\0\0\0\1", 5)) +
                      h2::frame(h2::data, 0, 1, "hello ") +
                      h2::frame(h2::data, h2::kEndStream, 1, "world");
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    Server server;
    for (size_t at = 0; at < bytes.size(); at += piece)
      server.feed(std::string_view(bytes).substr(at, piece));
    char body[32];
    TestStream& stream = server.stream(1);
    CHECK(stream.has_request_ended());
    CHECK(std::string_view(body, stream.received().take(body, sizeof body)) == "hello world");
    CHECK(server.refusals.empty());
    CHECK_FALSE(server.session.is_in_head());
  }
}

TEST_CASE("h2_session_knows_that_a_head_is_under_way") {
  Server server;
  CHECK_FALSE(server.session.is_in_head());
  std::string head =
      h2::frame(h2::headers, h2::kEndHeaders | h2::kEndStream, 1, h2::block(h2::request()));
  for (char byte : head.substr(0, head.size() - 1)) {
    server.feed({&byte, 1});
    CHECK(server.session.is_in_head());
  }
  server.feed(head.substr(head.size() - 1));
  CHECK_FALSE(server.session.is_in_head());
}

TEST_CASE("frames_under_way_to_a_stream_that_we_reset_are_ignored") {
  Server server;
  server.get(1, {}, h2::kEndHeaders);
  server.session.send_head(server.stream(1), 204, {}, true);
  server.pull();
  server.session.reset(server.stream(1), H2Error::no_error);
  CHECK(error_of(server.pull(), h2::rst_stream, 1) == 0);
  server.feed(h2::frame(h2::data, 0, 1, "late"));
  server.feed(h2::frame(h2::data, h2::kEndStream, 1, "later"));
  CHECK(find(server.pull(), h2::goaway) == nullptr);
  CHECK(server.refusals.empty());
}

TEST_CASE("graceful_shutdown_serves_what_is_under_way") {
  Server server;
  server.session.announce_shutdown();
  std::vector<h2::Frame> frames = server.pull();
  REQUIRE(find(frames, h2::ping) != nullptr);
  server.get(1);
  CHECK(server.stream(1).fault == Code::ok);
  server.feed(h2::frame(h2::ping, h2::kAck, 0, find(frames, h2::ping)->payload));
  CHECK(server.is_notice_seen);
  server.session.go_away(H2Error::no_error);
  server.pull();
  server.get(3);
  CHECK(server.streams.size() == 1);
  CHECK_FALSE(server.session.is_over());
  server.session.send_head(server.stream(1), 204, {}, true);
  server.pull();
  CHECK(server.session.is_over());
}

}  // namespace
}  // namespace fairlead::http
