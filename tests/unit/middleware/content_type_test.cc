#include <doctest/doctest.h>

#include "middleware/sniff.h"
#include "tests/support/middleware_harness.h"

using namespace std::string_view_literals;
using fairlead::middleware::sniff_content_type;
using fairlead::testing::MiddlewareHarness;

TEST_CASE("bodies_are_judged_by_their_first_bytes") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "text/plain; charset=utf-8"},
      {"hello", "text/plain; charset=utf-8"},
      {"{\"a\": 1}", "text/plain; charset=utf-8"},
      {" \n<!doctype html>\n", "text/html; charset=utf-8"},
      {"<p>x", "text/html; charset=utf-8"},
      {"<pre>", "text/plain; charset=utf-8"},
      {"<!-- x", "text/html; charset=utf-8"},
      {"\n<?xml version=\"1.0\"?>", "text/xml; charset=utf-8"},
      {"%PDF-1.7", "application/pdf"},
      {"GIF89a...", "image/gif"},
      {"\x89PNG\r\n\x1a\n...", "image/png"},
      {"\xff\xd8\xff\xe0", "image/jpeg"},
      {"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"},
      {"RIFF\x01\x02\x03\x04WAVEfmt ", "audio/wave"},
      {"\x1f\x8b\x08\x00"sv, "application/x-gzip"},
      {"PK\x03\x04", "application/zip"},
      {"\x00\x61\x73\x6d\x01"sv, "application/wasm"},
      {"\x00\x00\x00\x18"
       "ftypmp42\x00\x00\x00\x00mp42isom"sv,
       "video/mp4"},
      {"\x00\x00\x00\x18"
       "ftypM4V \x00\x00\x00\x00M4V mp42"sv,
       "video/mp4"},
      {"\x00\x00\x00\x14"
       "ftypheic\x00\x00\x00\x00mif1"sv,
       "application/octet-stream"},
      {"\xef\xbb\xbfhello", "text/plain; charset=utf-8"},
      {"\xfe\xff\x00h"sv, "text/plain; charset=utf-16be"},
      {"\x01\x02\x03", "application/octet-stream"},
      {"wOF2....", "font/woff2"},
  };
  for (auto [bytes, type] : rows) {
    CAPTURE(bytes);
    CHECK(sniff_content_type(bytes) == type);
  }
}

TEST_CASE("an_answer_without_type_gets_one_and_keeps_its_body") {
  MiddlewareHarness harness("contentType", "{}");
  harness.upstream.chunks = {"<html>", "<body>", "end"};
  harness.upstream.trailer = "t";
  auto answer = harness.run({});
  CHECK(answer.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(answer.body == "<html><body>end");
  CHECK(answer.header("X-Trailer") == "t");
}

TEST_CASE("answers_that_need_no_type_are_left_alone") {
  MiddlewareHarness harness("contentType", "{}");
  harness.upstream.headers = {{"Content-Type", "x/y"}};
  CHECK(harness.run({}).header("Content-Type") == "x/y");
  harness.upstream.headers = {{"Content-Encoding", "gzip"}};
  CHECK_FALSE(harness.run({}).has("Content-Type"));
  harness.upstream.headers = {};
  harness.upstream.chunks = {""};
  CHECK_FALSE(harness.run({}).has("Content-Type"));
  harness.upstream.chunks = {};
  CHECK_FALSE(harness.run({}).has("Content-Type"));
}

TEST_CASE("auto_detect_is_deprecated") {
  MiddlewareHarness harness("contentType", "autoDetect: true");
  CHECK(harness.is_made());
  CHECK_FAULT(harness, "warning: autoDetect: is deprecated");
}
