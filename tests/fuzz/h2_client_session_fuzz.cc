// Whatever an upstream sends as HTTP/2: no crash, memory within the limits, every call told its
// end. The client's side has a few requests open, reads what comes, and now and then gives one up.
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "http/codec/h2_client_session.h"

namespace {

using namespace fairlead;
using namespace fairlead::http;

struct FuzzCall final : H2Call {
  using H2Call::H2Call;
};

class Client final : public H2ClientEvents {
 public:
  Client() : session(*this, H2ClientSession::usual_limits()) {
    for (int i = 0; i < 4; ++i) open(i % 2 == 0);
  }
  ~Client() {
    session.fail_all([](const H2Call&) { return Error{Code::closed, Side::upstream}; });
    for (auto& call : calls_) {
      if (call->failure().code == Code::ok && !call->has_response_ended()) std::abort();
      session.forget(*call);
    }
  }

  void on_received(H2Call& call) override {
    while (call.has_head()) {
      if (call.take_head().headers.size() > 256) std::abort();
    }
    if (call.received().bytes() > H2ClientSession::usual_limits().stream_window) std::abort();
    if (call.arena().held_bytes() > 4u << 20) std::abort();
    if (call.received().empty() || call.received().bytes() % 3 == 0) return;
    Chunk chunk = call.received().pop(false);
    session.consumed(call, chunk.bytes().size());
    if (chunk.bytes().front() == 'R') session.reset(call, H2Error::cancel);
  }
  void on_sent(H2Call&) override {}
  void on_window() override {}
  void on_go_away() override { is_leaving_ = true; }
  void on_pong() override {}

  H2ClientSession session;

 private:
  void open(bool has_body) {
    auto& arena = *arenas_.emplace_back(std::make_unique<Arena>());
    auto& call = *calls_.emplace_back(std::make_unique<FuzzCall>(arena));
    RequestHead head(arena);
    head.method_text = "GET";
    session.open(call, head, {}, "a.test", "http", !has_body);
    if (has_body) session.send(call, Chunk::of_static("body", true), nullptr);
  }

  std::vector<std::unique_ptr<Arena>> arenas_;
  std::vector<std::unique_ptr<FuzzCall>> calls_;
  bool is_leaving_ = false;
};

}  // namespace

// The first byte says how the rest is cut; the upstream's SETTINGS come before it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t piece = data[0] == 0 ? size : data[0];
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  Client client;
  io::TimePoint now{io::Duration{1'000'000}};
  H2Output output;
  client.session.pull(output, now);
  output.sent(output.unsent().size());
  client.session.feed({"\0\0\0\4\0\0\0\0\0", 9}, now);
  for (size_t at = 0; at < input.size() && !client.session.is_over(); at += piece) {
    client.session.feed(input.substr(at, piece), now);
    client.session.pull(output, now);
    output.sent(output.unsent().size());
    now += io::Duration{1};
  }
  return 0;
}
