// Whatever a client sends as HTTP/2: no crash, memory within the limits, every stream object given
// back. The server's side answers each request at once, reads bodies, and now and then resets.
#include <cstdlib>
#include <string_view>

#include "base/list.h"
#include "http/codec/h2_session.h"

namespace {

using namespace fairlead;
using namespace fairlead::http;

struct FuzzStream final : H2Stream, ListHook {
  using H2Stream::H2Stream;
};

class Server final : public H2Events {
 public:
  Server() : session(*this, limits_) {}
  ~Server() {
    while (!streams_.empty()) destroy(streams_.front());
  }

  H2Stream* open(int32_t id) override {
    if (live_ >= 2 * limits_.max_concurrent_streams) return nullptr;
    auto* stream = new FuzzStream(id, limits_);
    streams_.push_back(*stream);
    ++live_;
    return stream;
  }
  void on_head(H2Stream& stream, Code fault) override {
    if (fault == Code::ok && stream.head().headers.size() > limits_.fields + 1) std::abort();
    if (stream.arena().held_bytes() > 256 * 1024) std::abort();
    session.send_head(stream, fault == Code::ok ? 200 : 400, stream.head().headers.fields(), false);
    session.send(stream, Chunk::of_static("body", true), nullptr);
  }
  void on_received(H2Stream& stream) override {
    if (stream.received().bytes() > limits_.stream_window) std::abort();
    if (stream.received().bytes() % 3 == 0) return;
    Chunk chunk = stream.received().pop(false);
    session.consumed(stream, chunk.bytes().size());
    if (chunk.bytes().front() == 'R') session.reset(stream, H2Error::cancel);
  }
  void on_sent(H2Stream&) override {}
  void on_close(H2Stream& stream) override { destroy(static_cast<FuzzStream&>(stream)); }
  void on_refused(Error) override {}
  void on_notice_seen() override { session.go_away(H2Error::no_error); }

 private:
  void destroy(FuzzStream& stream) {
    session.forget(stream);
    --live_;
    delete &stream;
  }

  H2Limits limits_;
  List<FuzzStream> streams_;
  size_t live_ = 0;

 public:
  H2Session session;
};

}  // namespace

// The first byte says how the rest is cut; without a preface of its own the input gets one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t piece = data[0] == 0 ? size : data[0];
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  Server server;
  io::TimePoint now{io::Duration{1'000'000}};
  if (!input.starts_with("PRI")) {
    server.session.feed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", now);
    server.session.feed({"\0\0\0\4\0\0\0\0\0", 9}, now);
  }
  H2Output output;
  for (size_t at = 0; at < input.size() && !server.session.is_over(); at += piece) {
    server.session.feed(input.substr(at, piece), now);
    server.session.pull(output, now);
    output.sent(output.unsent().size());
    now += io::Duration{1};
  }
  return 0;
}
