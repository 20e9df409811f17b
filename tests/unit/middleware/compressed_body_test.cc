#include "middleware/compressed_body.h"

#include <deque>

#include <doctest/doctest.h>

#include "middleware/prefetched_body.h"
#include "tests/support/decoding.h"
#include "tests/support/virtual_loop.h"

using namespace fairlead;
using namespace fairlead::middleware;
using testing::VirtualLoop;

namespace {

// Gives its chunks as the test says: at once, or after a second; or fails.
class PacedBody final : public http::Body {
 public:
  struct Step {
    std::string text;
    bool makes_wait = false;
    bool fails = false;
  };
  explicit PacedBody(std::deque<Step> steps) : steps_(std::move(steps)) {}

  io::Task<Result<http::Chunk>> read() override {
    if (!steps_.empty() && steps_.front().makes_wait) return wait_first();
    return now();
  }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return -1; }
  int waits = 0;

 private:
  Result<http::Chunk> now() {
    if (steps_.empty()) {
      is_finished_ = true;
      return http::Chunk::end();
    }
    given_.push_back(std::move(steps_.front()));
    steps_.pop_front();
    if (given_.back().fails) return fail(Code::reset, Side::upstream, Stage::body);
    return http::Chunk::of_static(given_.back().text);
  }
  io::Task<Result<http::Chunk>> wait_first() {
    ++waits;
    (void)co_await io::sleep_for(io::Duration{1000}, nullptr);
    co_return now();
  }

  std::deque<Step> steps_;
  std::deque<Step> given_;
  bool is_finished_ = false;
};

std::string text_of(const Result<http::Chunk>& chunk) { return std::string(chunk->bytes()); }

}  // namespace

TEST_CASE("what_the_upstream_flushed_can_be_decoded_before_more_comes") {
  for (Coding coding : {Coding::gzip, Coding::br, Coding::zstd}) {
    CAPTURE(coding_name(coding));
    VirtualLoop loop;
    PacedBody source({{"one "}, {"two "}, {"three ", true}, {"four ", true}, {"five"}});
    CompressedBody body(source, lease_encoder(coding));
    std::string coded;
    for (std::string_view so_far : {"one two ", "one two three ", "one two three four five"}) {
      auto chunk = *loop.run(body.read());
      REQUIRE(chunk);
      coded += text_of(chunk);
      auto decoded = testing::decode(coding_name(coding), coded);
      CHECK(decoded.text == so_far);
      CHECK(decoded.has_ended == body.is_finished());
    }
    CHECK(body.is_finished());
    CHECK(source.waits == 2);
  }
}

TEST_CASE("nothing_is_flushed_twice_while_the_upstream_is_silent") {
  VirtualLoop loop;
  PacedBody source({{"one ", true}, {"two", true}});
  CompressedBody body(source, lease_encoder(Coding::gzip));
  CHECK_FALSE(body.read().is_ready());
  auto first = *loop.run(body.read());
  CHECK(testing::decode_gzip(first->bytes()).text == "one ");
  CHECK_FALSE(body.read().is_ready());
}

TEST_CASE("an_upstream_that_breaks_off_breaks_the_compressed_body_off") {
  VirtualLoop loop;
  PacedBody source({{"one "}, {"", false, true}});
  CompressedBody body(source, lease_encoder(Coding::zstd));
  auto chunk = *loop.run(body.read());
  REQUIRE_FALSE(chunk);
  CHECK(chunk.error().code == Code::reset);
}

TEST_CASE("a_long_body_lets_others_have_their_turn") {
  VirtualLoop loop;
  std::deque<PacedBody::Step> steps(100, {std::string(60'000, 'x')});
  PacedBody source(std::move(steps));
  CompressedBody body(source, lease_encoder(Coding::gzip));
  io::Task<Result<http::Chunk>> next = body.read();
  CHECK_FALSE(next.is_ready());
  auto chunk = *loop.run(std::move(next));
  std::string coded = text_of(chunk);
  while (!body.is_finished()) {
    auto more = *loop.run(body.read());
    coded += text_of(more);
  }
  CHECK(testing::decode_gzip(coded).text == std::string(6'000'000, 'x'));
}

TEST_CASE("a_prefetched_body_gives_everything_in_order") {
  VirtualLoop loop;
  Arena arena;
  PacedBody source({{"one "}, {"two "}, {"three ", true}, {"four"}});
  PrefetchedBody body(arena, source);
  body.prefetch(100);
  CHECK(body.prefetched_bytes() == 8);
  CHECK_FALSE(body.has_end());
  CHECK(body.length() == -1);
  std::string all;
  while (!body.is_finished()) {
    auto chunk = *loop.run(body.read());
    all += text_of(chunk);
  }
  CHECK(all == "one two three four");
}

TEST_CASE("a_prefetched_end_tells_the_length") {
  Arena arena;
  PacedBody source({{"one "}, {"two"}});
  PrefetchedBody body(arena, source);
  body.prefetch(100);
  CHECK(body.has_end());
  CHECK(body.length() == 7);
  CHECK_FALSE(body.is_finished());
}

TEST_CASE("a_failure_while_prefetching_comes_in_its_turn") {
  VirtualLoop loop;
  Arena arena;
  PacedBody source({{"one "}, {"", false, true}});
  PrefetchedBody body(arena, source);
  body.prefetch(100);
  CHECK(text_of(*loop.run(body.read())) == "one ");
  CHECK_FALSE(*loop.run(body.read()));
}
