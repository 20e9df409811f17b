#include <doctest/doctest.h>

#include "middleware/encoder.h"
#include "tests/support/decoding.h"
#include "tests/support/middleware_harness.h"

using fairlead::testing::decode;
using fairlead::testing::Decoded;
using fairlead::testing::MiddlewareHarness;
using fairlead::testing::TestAnswer;
using fairlead::testing::TestRequest;

namespace {

TestRequest accepting(std::string codings) {
  return {.headers = {{"Accept-Encoding", std::move(codings)}}};
}

// Compressible, and not the same over and over.
std::string prose(size_t bytes) {
  std::string text;
  uint32_t seed = 1;
  while (text.size() < bytes) {
    seed = seed * 1664525 + 1013904223;
    text += "line " + std::to_string(seed >> 20) + " of what the upstream says\n";
  }
  text.resize(bytes);
  return text;
}

std::string decoded(const TestAnswer& answer) {
  Decoded result = decode(answer.header("Content-Encoding"), answer.body);
  CHECK(result.has_ended);
  return result.text;
}

}  // namespace

TEST_CASE("each_coding_comes_out_as_it_went_in") {
  for (std::string coding : {"gzip", "br", "zstd"}) {
    CAPTURE(coding);
    for (size_t bytes : {1024, 20'000, 3'000'000}) {
      CAPTURE(bytes);
      MiddlewareHarness harness("compress", "{}");
      std::string text = prose(bytes);
      harness.upstream.chunks = {text.substr(0, bytes / 3), text.substr(bytes / 3)};
      harness.upstream.headers = {{"Content-Type", "text/html"},
                                  {"Content-Length", std::to_string(bytes)},
                                  {"Accept-Ranges", "bytes"},
                                  {"ETag", "\"v1\""}};
      harness.upstream.trailer = "t";
      harness.upstream.tells_length = true;
      auto answer = harness.run(accepting(coding));
      CHECK(answer.header("Content-Encoding") == coding);
      CHECK(answer.header("Vary") == "Accept-Encoding");
      CHECK(answer.header("ETag") == "W/\"v1\"");
      CHECK_FALSE(answer.has("Content-Length"));
      CHECK_FALSE(answer.has("Accept-Ranges"));
      CHECK(answer.header("X-Trailer") == "t");
      CHECK(answer.body.size() < bytes / 2);
      CHECK(decoded(answer) == text);
    }
  }
}

TEST_CASE("the_coding_is_what_the_client_wants_most_then_what_is_listed_first") {
  struct Row {
    std::string options;
    std::string accept;
    std::string_view coding;
  };
  const Row rows[] = {
      {"{}", "gzip, deflate, br, zstd", "gzip"},
      {"{encodings: [zstd, br, gzip]}", "gzip, deflate, br, zstd", "zstd"},
      {"{encodings: 'br,gzip'}", "gzip, deflate, br, zstd", "br"},
      {"{}", "gzip;q=0.5, br;q=0.8, zstd;q=0.7", "br"},
      {"{}", "gzip;q=0.5, BR ; q=0.800", "br"},
      {"{}", "x-gzip", "gzip"},
      {"{}", "gzip;q=0", ""},
      {"{}", "gzip;q=0, *", "br"},
      {"{}", "*;q=0.1, gzip;q=0", "br"},
      {"{}", "*", "gzip"},
      {"{defaultEncoding: br}", "*", "br"},
      {"{defaultEncoding: br}", "gzip", "gzip"},
      {"{defaultEncoding: br}", "*, gzip", "gzip"},
      {"{}", "*;q=0", ""},
      {"{}", "identity", ""},
      {"{}", "identity, gzip;q=0.5", ""},
      {"{}", "identity;q=0.5, gzip;q=0.5", "gzip"},
      {"{}", "identity;q=0", ""},
      {"{}", "deflate, compress", ""},
      {"{}", "", ""},
      {"{defaultEncoding: br}", "", ""},
      {"{}", "gzip;q=1.1, br;q=0.2", "br"},
      {"{}", "gzip;q=x, br;q=0.2", "br"},
      {"{}", "gzip;level=1, br;q=0.2", "br"},
      {"{encodings: [br]}", "gzip", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    CAPTURE(row.accept);
    MiddlewareHarness harness("compress", row.options);
    REQUIRE_MESSAGE(harness.is_made(), harness.faults());
    harness.upstream.chunks = {prose(5000)};
    auto answer = harness.run(accepting(row.accept));
    CHECK(answer.header("Content-Encoding") == row.coding);
    CHECK(answer.header("Vary") == "Accept-Encoding");
    CHECK(decoded(answer) == prose(5000));
  }
}

TEST_CASE("several_accept_encoding_fields_are_one_list") {
  MiddlewareHarness harness("compress", "{}");
  harness.upstream.chunks = {prose(5000)};
  TestRequest request{.headers = {{"Accept-Encoding", "gzip;q=0.2"}, {"accept-encoding", "br"}}};
  CHECK(harness.run(request).header("Content-Encoding") == "br");
}

TEST_CASE("without_accept_encoding_the_default_encoding_decides") {
  MiddlewareHarness plain("compress", "{}");
  plain.upstream.chunks = {prose(5000)};
  CHECK_FALSE(plain.run({}).has("Content-Encoding"));
  MiddlewareHarness harness("compress", "{defaultEncoding: zstd}");
  harness.upstream.chunks = {prose(5000)};
  CHECK(harness.run({}).header("Content-Encoding") == "zstd");
}

TEST_CASE("responses_that_must_stay_as_they_are_do") {
  struct Row {
    unsigned status;
    fairlead::testing::FieldList headers;
  };
  const Row rows[] = {
      {200, {{"Content-Encoding", "gzip"}}},
      {200, {{"Content-Encoding", "identity"}}},
      {200, {{"Content-Type", "text/event-stream"}}},
      {200, {{"Content-Type", "Text/Event-Stream; charset=utf-8"}}},
      {200, {{"Content-Type", "application/grpc"}}},
      {200, {{"Content-Type", "application/grpc+proto"}}},
      {200, {{"Content-Type", "application/grpc-web-text"}}},
      {200, {{"Cache-Control", "max-age=1, no-transform"}}},
      {200, {{"Content-Type", "image/png"}}},
      {200, {{"Content-Type", "video/mp4"}}},
      {200, {{"Content-Type", "font/woff2"}}},
      {200, {{"Repr-Digest", "sha-256=:x:"}}},
      {206, {{"Content-Range", "bytes 0-4999/9000"}}},
      {204, {}},
      {304, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    MiddlewareHarness harness("compress", "{}");
    harness.upstream.status = row.status;
    harness.upstream.headers = row.headers;
    harness.upstream.headers.emplace_back("ETag", "\"v1\"");
    harness.upstream.chunks = {prose(5000)};
    auto answer = harness.run(accepting("gzip"));
    CHECK(answer.headers == harness.upstream.headers);
    CHECK(answer.body == prose(5000));
  }
}

TEST_CASE("error_pages_and_plain_images_are_compressed") {
  for (std::string_view type : {"image/svg+xml", "application/json", "application/octet-stream"}) {
    MiddlewareHarness harness("compress", "{}");
    harness.upstream.status = 404;
    harness.upstream.headers = {{"Content-Type", std::string(type)}};
    harness.upstream.chunks = {prose(5000)};
    CHECK(harness.run(accepting("gzip")).header("Content-Encoding") == "gzip");
  }
}

TEST_CASE("requests_that_must_not_be_answered_compressed_are_not") {
  MiddlewareHarness harness("compress", "{excludedContentTypes: [application/x-own]}");
  harness.upstream.chunks = {prose(5000)};
  TestRequest head = accepting("gzip");
  head.method = "HEAD";
  CHECK_FALSE(harness.run(head).has("Content-Encoding"));
  for (std::string type : {"application/grpc+proto", "application/x-own"}) {
    TestRequest request = accepting("gzip");
    request.headers.emplace_back("Content-Type", type);
    CHECK_FALSE(harness.run(request).has("Content-Encoding"));
  }
}

TEST_CASE("a_vary_that_says_so_already_is_left_alone") {
  for (std::string_view vary : {"*", "Origin, accept-encoding"}) {
    MiddlewareHarness harness("compress", "{}");
    harness.upstream.headers = {{"Vary", std::string(vary)}};
    harness.upstream.chunks = {prose(5000)};
    CHECK(harness.run(accepting("gzip")).header("Vary") == vary);
  }
}

TEST_CASE("bodies_known_to_be_small_stay_as_they_are") {
  for (bool tells_length : {true, false}) {
    CAPTURE(tells_length);
    MiddlewareHarness harness("compress", "{minResponseBodyBytes: 2000}");
    harness.upstream.tells_length = tells_length;
    for (size_t bytes : {1, 1999, 2000}) {
      CAPTURE(bytes);
      std::string text = prose(bytes);
      harness.upstream.chunks = {text.substr(0, bytes / 2), text.substr(bytes / 2)};
      auto answer = harness.run(accepting("gzip"));
      CHECK(answer.has("Content-Encoding") == (bytes >= 2000));
      CHECK(decoded(answer) == text);
    }
  }
  MiddlewareHarness none("compress", "{}");
  none.upstream.chunks = {};
  CHECK_FALSE(none.run(accepting("gzip")).has("Content-Encoding"));
}

TEST_CASE("content_types_are_chosen_by_list") {
  auto coding = [](std::string options, std::string type) {
    MiddlewareHarness harness("compress", options);
    REQUIRE_MESSAGE(harness.is_made(), harness.faults());
    if (!type.empty()) harness.upstream.headers = {{"Content-Type", type}};
    harness.upstream.chunks = {prose(5000)};
    return harness.run(accepting("gzip")).header("Content-Encoding");
  };
  std::string included = "{includedContentTypes: ['text/html; charset=x', image/png, font/*]}";
  CHECK(coding(included, "Text/HTML;charset=utf-8") == "gzip");
  CHECK(coding(included, "image/png") == "gzip");
  CHECK(coding(included, "font/ttf") == "gzip");
  CHECK(coding(included, "text/plain") == "");
  CHECK(coding(included, "") == "");
  std::string excluded = "{excludedContentTypes: [text/html]}";
  CHECK(coding(excluded, "text/html; charset=utf-8") == "");
  CHECK(coding(excluded, "text/plain") == "gzip");
  CHECK(coding(excluded, "") == "gzip");
}

TEST_CASE("a_warm_worker_allocates_nothing_for_a_compressed_response") {
  for (std::string coding : {"gzip", "br", "zstd"}) {
    CAPTURE(coding);
    MiddlewareHarness harness("compress", "{}");
    harness.upstream.chunks = {prose(9000), prose(9000)};
    uint64_t made = 0;
    for (int i = 0; i < 6; ++i) {
      auto answer = harness.run(accepting(coding));
      REQUIRE(answer.header("Content-Encoding") == coding);
      if (i == 2) made = fairlead::middleware::encoder_counts().made;
    }
    CHECK(fairlead::middleware::encoder_counts().made == made);
    CHECK(fairlead::middleware::encoder_counts().at_work_bytes == 0);
  }
}

TEST_CASE("encoders_at_work_are_bounded") {
  using namespace fairlead::middleware;
  std::vector<EncoderLease> leases;
  while (EncoderLease lease = lease_encoder(Coding::gzip)) leases.push_back(std::move(lease));
  CHECK(leases.size() > 100);
  CHECK(encoder_counts().at_work_bytes <= size_t{128} << 20);
  MiddlewareHarness harness("compress", "{}");
  harness.upstream.chunks = {prose(5000)};
  auto answer = harness.run(accepting("gzip"));
  CHECK_FALSE(answer.has("Content-Encoding"));
  CHECK(answer.body == prose(5000));
  leases.clear();
  CHECK(encoder_counts().at_work_bytes == 0);
  CHECK(encoder_counts().kept <= 12);
  CHECK(harness.run(accepting("gzip")).has("Content-Encoding"));
}

TEST_CASE("compress_names_the_option_that_is_wrong") {
  struct Fault {
    std::string options;
    std::string_view words;
  };
  const Fault faults[] = {
      {"encodings: [gzip, lzma]", "encodings: \"lzma\" is not known; use gzip, br and zstd"},
      {"encodings: []", "encodings: needs at least one of gzip, br, zstd"},
      {"{encodings: [gzip], defaultEncoding: br}", "defaultEncoding: \"br\" is not one of"},
      {"minResponseBodyBytes: -1", "minResponseBodyBytes: must not be negative"},
      {"excludedContentTypes: [text]", "excludedContentTypes: \"text\" is not a media type"},
      {"{excludedContentTypes: [a/b], includedContentTypes: [a/c]}",
       "includedContentTypes: cannot be used with excludedContentTypes"},
  };
  for (const Fault& fault : faults) {
    CAPTURE(fault.options);
    MiddlewareHarness harness("compress", fault.options);
    CHECK_FALSE(harness.is_made());
    CHECK_FAULT(harness, fault.words);
  }
}
