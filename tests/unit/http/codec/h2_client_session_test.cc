#include "http/codec/h2_client_session.h"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/h2_frames.h"

namespace fairlead::http {
namespace {

namespace h2 = fairlead::testing::h2;

struct TestCall final : H2Call {
  using H2Call::H2Call;
};

// One session with the calls that were made on it; an upstream that says what the test says.
class Client final : public H2ClientEvents {
 public:
  Client() : session(*this, H2ClientSession::usual_limits()) {
    pull();
    feed(h2::frame(h2::settings, 0, 0) + h2::frame(h2::settings, h2::kAck, 0));
  }
  ~Client() {
    for (auto& call : calls) session.forget(*call);
  }
  void on_received(H2Call&) override { ++received; }
  void on_sent(H2Call&) override {}
  void on_window() override {}
  void on_go_away() override { has_gone_away = true; }
  void on_pong() override { ++pongs; }

  TestCall& get(bool ends_stream = true) {
    auto& call = *calls.emplace_back(std::make_unique<TestCall>(arena));
    RequestHead head(arena);
    head.method_text = "GET";
    head.path = "/x";
    head.headers.add("X-Own", "1");
    head.headers.add(FieldId::connection, "close");
    CHECK(session.open(call, head, head.headers.fields(), "a.test", "https", ends_stream));
    sent = pull();
    return call;
  }
  void feed(std::string_view bytes) { session.feed(bytes, now); }
  void respond(uint32_t id, h2::Lines lines, uint8_t flags = h2::kEndHeaders) {
    feed(h2::frame(h2::headers, flags, id, h2::block(lines)));
  }
  std::vector<h2::Frame> pull() {
    std::string all;
    H2Output output;
    while (session.wants_write()) {
      session.pull(output, now);
      if (output.empty()) break;
      all += output.unsent();
      output.sent(output.unsent().size());
    }
    if (all.starts_with("PRI")) all.erase(0, h2::kPreface.size());
    return h2::parse(all);
  }

  Arena arena;
  H2ClientSession session;
  std::vector<std::unique_ptr<TestCall>> calls;
  std::vector<h2::Frame> sent;
  io::TimePoint now{io::Duration{1'000'000}};
  int received = 0, pongs = 0;
  bool has_gone_away = false;
};

const h2::Lines kOk = {{":status", "200"}};

bool has_frame(const std::vector<h2::Frame>& frames, h2::Type type, uint32_t id) {
  for (const h2::Frame& frame : frames) {
    if (frame.type == type && frame.id == id) return true;
  }
  return false;
}

TEST_CASE("a response passes with its body and trailers") {
  Client client;
  TestCall& call = client.get();
  REQUIRE(has_frame(client.sent, h2::headers, 1));
  CHECK(call.is_framed());
  CHECK(call.is_silent());
  client.respond(1, {{":status", "103"}, {"link", "x"}});
  client.respond(1, {{":status", "200"}, {"x-a", "b"}});
  client.feed(h2::frame(h2::data, 0, 1, "body"));
  client.respond(1, {{"x-sum", "9"}}, h2::kEndHeaders | h2::kEndStream);
  REQUIRE(call.has_head());
  CHECK(call.take_head().status == 103);
  ResponseHead& head = call.take_head();
  CHECK(head.status == 200);
  CHECK(head.version == Version::http2);
  CHECK(head.headers.get("X-A") == "b");
  CHECK_FALSE(call.has_head());
  CHECK(call.received().bytes() == 4);
  CHECK(call.trailers().get("x-sum") == "9");
  CHECK(call.has_response_ended());
  CHECK(call.is_closed());
  CHECK(call.failure().code == Code::ok);
}

TEST_CASE("what a failed stream may do again depends on what the upstream said") {
  struct Row {
    const char* name;
    std::string frames;
    Code code;
    Retry retry;
  };
  std::string cancel = h2::frame(h2::rst_stream, 0, 1, h2::number(8));
  const Row rows[] = {
      {"refused", h2::frame(h2::rst_stream, 0, 1, h2::number(7)), Code::h2_stream_refused,
       Retry::always},
      {"above GOAWAY", h2::frame(h2::goaway, 0, 0, h2::number(0) + h2::number(0)),
       Code::h2_stream_refused, Retry::always},
      {"reset in silence", cancel, Code::h2_stream_reset, Retry::if_idempotent},
      {"reset after the head", h2::frame(h2::headers, h2::kEndHeaders, 1, h2::block(kOk)) + cancel,
       Code::h2_stream_reset, Retry::never},
      {"malformed", h2::frame(h2::headers, h2::kEndHeaders, 1, h2::block({{"x", "y"}})),
       Code::h2_protocol_error, Retry::never},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Client client;
    TestCall& call = client.get();
    client.feed(row.frames);
    client.pull();
    CHECK(call.failure().code == row.code);
    CHECK(call.failure().retry == row.retry);
    CHECK(call.failure().side == Side::upstream);
  }
}

TEST_CASE("a stream at or below GOAWAY's last goes on") {
  Client client;
  TestCall& call = client.get();
  client.feed(h2::frame(h2::goaway, 0, 0, h2::number(1) + h2::number(0)));
  CHECK(client.has_gone_away);
  CHECK(call.failure().code == Code::ok);
  client.respond(1, kOk, h2::kEndHeaders | h2::kEndStream);
  CHECK(call.has_response_ended());
  CHECK(call.failure().code == Code::ok);
}

TEST_CASE("a reset after a complete answer is no failure") {
  Client client;
  TestCall& call = client.get(false);
  client.respond(1, kOk, h2::kEndHeaders | h2::kEndStream);
  client.feed(h2::frame(h2::rst_stream, 0, 1, h2::number(0)));
  CHECK(call.is_closed());
  CHECK(call.failure().code == Code::ok);
}

TEST_CASE("heads over the limits fail the stream, floods end the connection") {
  h2::Lines many = kOk;
  for (int i = 0; i < 300; ++i) many.emplace_back("x-" + std::to_string(i), "v");
  {
    Client client;
    TestCall& call = client.get();
    client.respond(1, many);
    CHECK(call.failure().code == Code::too_many_fields);
    CHECK(has_frame(client.pull(), h2::rst_stream, 1));
    CHECK(client.session.fault() == Code::ok);
  }
  for (int i = 0; i < 1000; ++i) many.emplace_back("y-" + std::to_string(i), "v");
  {
    Client client;
    client.get();
    std::string block = h2::block(many);
    client.feed(h2::frame(h2::headers, h2::kEndHeaders, 1, block));
    CHECK(client.session.fault() == Code::h2_header_flood);
  }
}

TEST_CASE("unread bytes are credited when they are read or forgotten") {
  Client client;
  TestCall& call = client.get();
  client.respond(1, kOk);
  std::string block(16000, 'x');
  for (int i = 0; i < 10; ++i) client.feed(h2::frame(h2::data, 0, 1, block));
  CHECK(call.received().bytes() == 160000);
  CHECK_FALSE(has_frame(client.pull(), h2::window_update, 1));
  client.session.consumed(call, 160000);
  CHECK(has_frame(client.pull(), h2::window_update, 1));
}

TEST_CASE("the upstream's limit of streams is known") {
  Client client;
  CHECK(client.session.max_streams() == 100);
  client.feed(h2::frame(h2::settings, 0, 0, std::string("\0\3", 2) + h2::number(7)));
  CHECK(client.session.max_streams() == 7);
}

TEST_CASE("pushes and answers to pings") {
  Client client;
  client.get();
  client.session.ping();
  std::vector<h2::Frame> pinged = client.pull();
  REQUIRE(has_frame(pinged, h2::ping, 0));
  client.feed(h2::frame(h2::ping, h2::kAck, 0, std::string(8, '\0')));
  CHECK(client.pongs == 1);
  client.feed(h2::frame(h2::push_promise, h2::kEndHeaders, 1, h2::number(2)));
  CHECK(client.session.is_over() == !client.session.wants_write());
  client.pull();
  CHECK(client.session.is_over());
}

}  // namespace
}  // namespace fairlead::http
