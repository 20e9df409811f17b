// Any bytes as HTTP/1 requests: the outcome does not depend on how they are cut, and whatever is
// accepted is written to something that parses to the same request, with one framing.
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
  RequestHead head{arena};

  bool read(std::string_view bytes) {
    HeadParser parser(HeadParser::Kind::request);
    auto parsed = parser.parse(bytes, arena, head);
    return parsed && *parsed > 0 && check_request(head, arena, {});
  }
};

std::string write(const RequestHead& head) {
  Framing framing{.kind = head.body_kind, .length = head.content_length};
  std::string out(head_bytes(head, framing), '\0');
  size_t bytes = write_request_head(head, head.authority, framing, out.data());
  FAIRLEAD_CHECK(bytes <= out.size());
  out.resize(bytes);
  return out;
}

void check_cuts(std::string_view bytes, HeadLimits limits, HeadLimits trailers) {
  RequestFeed whole(limits, trailers);
  whole.feed(bytes);
  size_t step = bytes.empty() ? 1 : 1 + static_cast<uint8_t>(bytes.back()) % 7;
  RequestFeed pieces(limits, trailers);
  for (size_t at = 0; at < bytes.size(); at += step) {
    if (!pieces.feed(bytes.substr(at, step))) break;
  }
  FAIRLEAD_CHECK(whole.code() == pieces.code());
  if (whole.code() == Code::ok) FAIRLEAD_CHECK(whole.summary() == pieces.summary());
}

void check_rewriting(std::string_view bytes) {
  Judged first;
  if (!first.read(bytes) || first.head.authority.empty()) return;
  bool has_length = first.head.headers.find(FieldId::content_length) != nullptr;
  bool has_coding = first.head.headers.find(FieldId::transfer_encoding) != nullptr;
  FAIRLEAD_CHECK(!(has_length && has_coding));
  FAIRLEAD_CHECK(first.head.body_kind != BodyKind::until_close);
  FAIRLEAD_CHECK((first.head.body_kind == BodyKind::chunked) == has_coding);
  FAIRLEAD_CHECK((first.head.body_kind == BodyKind::length) == has_length);
  strip_hop_by_hop(first.head.headers);
  std::string written = write(first.head);
  Judged second;
  FAIRLEAD_CHECK(second.read(written));
  FAIRLEAD_CHECK(second.head.method_text == first.head.method_text);
  FAIRLEAD_CHECK(second.head.host == first.head.host);
  FAIRLEAD_CHECK(second.head.path == first.head.path);
  FAIRLEAD_CHECK(second.head.query == first.head.query);
  FAIRLEAD_CHECK(second.head.body_kind == first.head.body_kind);
  FAIRLEAD_CHECK(second.head.content_length == first.head.content_length);
  FAIRLEAD_CHECK(write(second.head) == written);
  Arena arena;
  std::string_view seen = routing_path(first.head.path, arena);
  FAIRLEAD_CHECK(seen.size() <= first.head.path.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  check_cuts(input, {}, kTrailerLimits);
  check_cuts(input, kTight, kTight);
  check_rewriting(input);
  return 0;
}
