#include "pipeline/replay_body.h"

#include <deque>

#include <doctest/doctest.h>

#include "tests/support/virtual_loop.h"

using namespace fairlead;
using pipeline::ReplayBody;
using testing::VirtualLoop;

namespace {

// Gives its chunks at once; "wait" makes the reader wait for a second, "fail" is the client
// leaving.
class SourceBody final : public http::Body {
 public:
  explicit SourceBody(std::deque<std::string> chunks) : chunks_(std::move(chunks)) {}
  io::Task<Result<http::Chunk>> read() override {
    ++reads;
    if (!chunks_.empty() && chunks_.front() == "wait") return wait();
    return give();
  }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return -1; }
  int reads = 0;
  io::Scope scope;

 private:
  Result<http::Chunk> give() {
    if (!chunks_.empty() && chunks_.front() == "fail")
      return fail(Code::reset, Side::client, Stage::body);
    if (chunks_.empty()) {
      is_finished_ = true;
      return http::Chunk::end();
    }
    given_.push_back(std::move(chunks_.front()));
    chunks_.pop_front();
    is_finished_ = chunks_.empty();
    return http::Chunk::of_static(given_.back(), is_finished_);
  }
  io::Task<Result<http::Chunk>> wait() {
    Result<void> slept = co_await io::sleep_for(io::Duration{1000}, &scope);
    if (!slept) co_return fail(slept.error());
    chunks_.pop_front();
    co_return give();
  }

  std::deque<std::string> chunks_;
  std::deque<std::string> given_;
  bool is_finished_ = false;
};

std::string all_of(VirtualLoop& loop, http::Body& body) {
  std::string text;
  while (!body.is_finished()) {
    auto chunk = *loop.run(body.read());
    if (!chunk) return text + "!";
    text += chunk->bytes();
  }
  return text;
}

io::Task<void> read_into(http::Body& body, std::string& text) {
  while (!body.is_finished()) {
    Result<http::Chunk> chunk = co_await body.read();
    if (!chunk) {
      text += "!";
      co_return;
    }
    text += chunk->bytes();
  }
}

}  // namespace

TEST_CASE("every_view_gives_the_whole_body") {
  VirtualLoop loop;
  Arena arena;
  std::string big(50'000, 'x');
  SourceBody source({"one ", "wait", "two ", big});
  ReplayBody replay(arena, source, 100'000);
  CHECK(all_of(loop, replay.play()) == "one two " + big);
  CHECK(replay.can_replay());
  int reads = source.reads;
  CHECK(all_of(loop, replay.play()) == "one two " + big);
  CHECK(all_of(loop, replay.play()) == "one two " + big);
  CHECK(source.reads == reads);
}

TEST_CASE("a_body_beyond_the_bound_passes_but_does_not_come_again") {
  VirtualLoop loop;
  Arena arena;
  SourceBody source({"12345", "67890", "end"});
  ReplayBody replay(arena, source, 10);
  CHECK(all_of(loop, replay.play()) == "1234567890end");
  CHECK_FALSE(replay.can_replay());
}

TEST_CASE("an_upload_under_way_yields_to_the_next_without_loss") {
  VirtualLoop loop;
  Arena arena;
  SourceBody source({"one ", "wait", "two ", "wait", "three"});
  ReplayBody replay(arena, source, 100);
  std::string first, second, third;
  io::Scope scope;
  scope.spawn(read_into(replay.play(), first));
  loop.settle();
  CHECK(first == "one ");
  scope.spawn(read_into(replay.play(), second));
  loop.settle();
  CHECK(second == "one ");
  scope.spawn(read_into(replay.play(), third));
  loop.settle();
  while (!scope.is_idle()) loop.step();
  CHECK(first == "one !");
  CHECK(second == "one !");
  CHECK(third == "one two three");
}

TEST_CASE("a_superseded_read_that_fills_the_bound_keeps_its_bytes_for_the_newest") {
  VirtualLoop loop;
  Arena arena;
  SourceBody source({"12345", "wait", "678901", "end"});
  ReplayBody replay(arena, source, 10);
  std::string first, second;
  io::Scope scope;
  scope.spawn(read_into(replay.play(), first));
  loop.settle();
  http::Body& newest = replay.play();
  while (!scope.is_idle()) loop.step();
  CHECK_FALSE(replay.can_replay());
  CHECK(all_of(loop, newest) == "12345678901end");
}

TEST_CASE("a_cancelled_read_leaves_the_source_to_the_newest") {
  VirtualLoop loop;
  Arena arena;
  SourceBody source({"one ", "wait", "two"});
  ReplayBody replay(arena, source, 100);
  std::string first;
  io::Scope scope;
  scope.spawn(read_into(replay.play(), first));
  loop.settle();
  http::Body& newest = replay.play();
  source.scope.cancel(Error{Code::cancelled});
  while (!scope.is_idle()) loop.step();
  CHECK(first == "one !");
  CHECK(replay.can_replay());
}

TEST_CASE("a_client_that_fails_fails_every_view") {
  VirtualLoop loop;
  Arena arena;
  SourceBody source({"one ", "fail"});
  ReplayBody replay(arena, source, 100);
  CHECK(all_of(loop, replay.play()) == "one !");
  CHECK_FALSE(replay.can_replay());
}
