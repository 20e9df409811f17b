// Any bytes as HTTP/1 responses: the outcome does not depend on how they are cut, and whatever is
// accepted is written to something that parses to the same response, with one framing.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "http/codec/h1_writer.h"
#include "tests/support/message_feed.h"

using namespace fairlead;
using namespace fairlead::http;
using namespace fairlead::tests;

namespace {

// Small enough for the fuzzer to run into.
constexpr HeadLimits kTight{.head_bytes = 100, .line_bytes = 30, .fields = 3};

struct Judged {
  Arena arena;
  ResponseHead head{arena};

  bool read(std::string_view bytes, Method method) {
    HeadParser parser(HeadParser::Kind::response);
    auto parsed = parser.parse(bytes, arena, head);
    return parsed && *parsed > 0 && check_response(head, method, true);
  }
};

std::string write(const ResponseHead& head) {
  Framing framing{.kind = head.body_kind,
                  .length = head.content_length,
                  .upgrade = head.status == 101 ? std::string_view("websocket") : ""};
  std::string out(head_bytes(head, framing), '\0');
  size_t bytes = write_response_head(head, framing, out.data());
  FAIRLEAD_CHECK(bytes <= out.size());
  out.resize(bytes);
  return out;
}

void check_cuts(std::string_view bytes, Method method, HeadLimits limits, HeadLimits trailers) {
  ResponseFeed whole(method, limits, trailers);
  whole.feed(bytes);
  size_t step = bytes.empty() ? 1 : 1 + static_cast<uint8_t>(bytes.back()) % 7;
  ResponseFeed pieces(method, limits, trailers);
  for (size_t at = 0; at < bytes.size(); at += step) {
    if (!pieces.feed(bytes.substr(at, step))) break;
  }
  FAIRLEAD_CHECK(whole.code() == pieces.code());
  if (whole.code() == Code::ok) FAIRLEAD_CHECK(whole.summary() == pieces.summary());
}

void check_rewriting(std::string_view bytes, Method method) {
  Judged first;
  if (!first.read(bytes, method)) return;
  bool has_length = first.head.headers.find(FieldId::content_length) != nullptr;
  bool has_coding = first.head.headers.find(FieldId::transfer_encoding) != nullptr;
  FAIRLEAD_CHECK(!(has_length && has_coding));
  FAIRLEAD_CHECK(first.head.body_kind != BodyKind::until_close || !first.head.is_keep_alive);
  strip_hop_by_hop(first.head.headers);
  std::string written = write(first.head);
  Judged second;
  FAIRLEAD_CHECK(second.read(written, method));
  FAIRLEAD_CHECK(second.head.status == first.head.status);
  FAIRLEAD_CHECK(second.head.body_kind == first.head.body_kind);
  if (first.head.body_kind == BodyKind::length) {
    FAIRLEAD_CHECK(second.head.content_length == first.head.content_length);
  }
}

}  // namespace

// The first byte chooses the method of the request that was answered.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  Method method = (bytes[0] & 1) != 0 ? Method::head : Method::get;
  std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  check_cuts(input, method, {}, kTrailerLimits);
  check_cuts(input, method, kTight, kTight);
  check_rewriting(input, method);
  return 0;
}
