#include "http/codec/stream_queue.h"

#include <string>

#include <doctest/doctest.h>

namespace fairlead::http {
namespace {

std::string drain(StreamQueue& queue) {
  std::string all;
  while (!queue.empty()) {
    Chunk chunk = queue.pop(false);
    all += chunk.bytes();
  }
  return all;
}

TEST_CASE("stream_queue_gives_back_what_was_pushed_in_order") {
  for (size_t piece : {size_t{1}, size_t{7}, size_t{4096}, size_t{16384}, size_t{50'000}}) {
    for (size_t expected : {size_t{0}, size_t{100'000}, size_t{10}}) {
      CAPTURE(piece);
      CAPTURE(expected);
      std::string text;
      StreamQueue queue;
      for (size_t i = 0; text.size() < 100'000; ++i) {
        std::string part(piece, static_cast<char>('a' + i % 26));
        text += part;
        queue.push(part, expected);
      }
      CHECK(queue.bytes() == text.size());
      CHECK(drain(queue) == text);
      CHECK(queue.bytes() == 0);
    }
  }
}

TEST_CASE("stream_queue_take_crosses_blocks_and_mixes_with_pop") {
  StreamQueue queue;
  std::string text(40'000, 'x');
  text[39'999] = 'y';
  queue.push(text);
  std::string out(30'000, '\0');
  CHECK(queue.take(out.data(), out.size()) == 30'000);
  CHECK(out == text.substr(0, 30'000));
  CHECK(drain(queue) == text.substr(30'000));
  char byte = 0;
  CHECK(queue.take(&byte, 1) == 0);
}

TEST_CASE("stream_queue_knows_its_last_block") {
  StreamQueue queue;
  queue.push("abc");
  CHECK(queue.is_one_block());
  queue.push(std::string(StreamQueue::kBlockBytes, 'z'));
  CHECK_FALSE(queue.is_one_block());
  Chunk first = queue.pop(false);
  queue.push("more while the first block is held");
  CHECK(first.bytes().substr(0, 3) == "abc");
  CHECK(queue.bytes() > 0);
}

}  // namespace
}  // namespace fairlead::http
