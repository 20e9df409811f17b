#include "pipeline/replay_body.h"

#include <algorithm>
#include <cstring>

namespace fairlead::pipeline {
namespace {

constexpr size_t kBlock = 16 * 1024;

Result<http::Chunk> superseded() { return fail(Code::cancelled, Side::self, Stage::send); }

}  // namespace

class ReplayBody::View final : public http::Body {
 public:
  explicit View(ReplayBody& of) : of_(of) {}

  io::Task<Result<http::Chunk>> read() override {
    if (of_.newest_ != this) return superseded();
    if (std::optional<http::Chunk> kept = of_.kept_at(place_)) return given(std::move(*kept));
    if (of_.failure_) return Result<http::Chunk>(fail(*of_.failure_));
    if (of_.has_end_) return given(http::Chunk::end());
    if (of_.is_reading_) return follow();
    io::Task<Result<http::Chunk>> next = of_.source_.read();
    if (!next.is_ready()) return wait(std::move(next));
    return take(next.take());
  }
  const http::HeaderMap* trailers() const override { return of_.source_.trailers(); }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return of_.source_.length(); }
  uint64_t bytes_read() const override { return of_.source_.bytes_read(); }

 private:
  friend class ReplayBody;

  Result<http::Chunk> given(http::Chunk chunk) {
    is_finished_ = chunk.is_last();
    return chunk;
  }

  // A chunk that came from the source while this view was the newest, at its end.
  Result<http::Chunk> take(Result<http::Chunk> chunk) {
    of_.keep(chunk, this);
    place_ = of_.end();
    if (!chunk) return fail(chunk.error());
    return given(std::move(*chunk));
  }

  io::Task<Result<http::Chunk>> wait(io::Task<Result<http::Chunk>> next) {
    io::Task<Result<http::Chunk>> owned = std::move(next);
    of_.is_reading_ = true;
    Result<http::Chunk> chunk = co_await owned;
    of_.is_reading_ = false;
    while (Follower* follower = of_.followers_.pop_front()) follower->done.set();
    if (of_.newest_ == this) co_return take(std::move(chunk));
    // Cancelled with its own try, the wait has taken nothing: the newest asks the source itself.
    bool is_ours = !chunk && chunk.error().code == Code::cancelled;
    if (!is_ours) of_.keep(chunk, this);
    co_return superseded();
  }

  io::Task<Result<http::Chunk>> follow() {
    Follower follower;
    of_.followers_.push_back(follower);
    Result<void> done = co_await follower.done.wait(nullptr);
    if (!done) co_return fail(done.error());
    Result<http::Chunk> chunk = co_await read();
    co_return chunk;
  }

  ReplayBody& of_;
  Place place_;
  bool is_finished_ = false;
};

ReplayBody::~ReplayBody() { forget(); }

http::Body& ReplayBody::play() {
  newest_ = arena_.make<View>(*this);
  return *newest_;
}

void ReplayBody::release() {
  // What the newest view has not been given yet it still needs.
  bool is_at_end = newest_ == nullptr ||
                   (newest_->place_.block == end().block && newest_->place_.offset == end().offset);
  if (!is_at_end) return;
  has_lost_ = true;
  forget();
}

ReplayBody::Place ReplayBody::end() const {
  return blocks_.empty() ? Place{} : Place{blocks_.size() - 1, blocks_.back().used};
}

std::optional<http::Chunk> ReplayBody::kept_at(Place& place) {
  while (place.block < blocks_.size()) {
    const Block& block = blocks_[place.block];
    size_t from = place.offset;
    if (from < block.used) {
      place.offset = block.used;
      bool is_last = has_end_ && place.block + 1 == blocks_.size();
      return http::Chunk(block.buffer, {block.buffer->bytes() + from, block.used - from}, is_last);
    }
    if (place.block + 1 == blocks_.size()) return std::nullopt;
    place = {place.block + 1, 0};
  }
  return std::nullopt;
}

void ReplayBody::keep(const Result<http::Chunk>& chunk, const View* reader) {
  if (!chunk) {
    failure_ = chunk.error();
    return;
  }
  has_end_ = chunk->is_last();
  std::string_view bytes = chunk->bytes();
  bool is_passed_on = reader == newest_;
  if (bytes.empty() || (has_lost_ && is_passed_on)) return;
  if (bytes_ + bytes.size() > most_) {
    has_lost_ = true;
    // The newest view reads at the end: it has been given all that is kept, and this chunk too.
    if (is_passed_on) return forget();
  }
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (blocks_.empty() || blocks_.back().used == blocks_.back().buffer->capacity())
      blocks_.push_back({http::Buffer::take(kBlock), 0});
    Block& block = blocks_.back();
    size_t taken = std::min(bytes.size(), block.buffer->capacity() - block.used);
    std::memcpy(block.buffer->bytes() + block.used, bytes.data(), taken);
    block.used += taken;
    bytes.remove_prefix(taken);
  }
}

void ReplayBody::forget() {
  for (Block& block : blocks_) block.buffer->drop();
  blocks_.clear();
}

}  // namespace fairlead::pipeline
