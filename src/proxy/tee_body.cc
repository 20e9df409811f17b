#include "proxy/tee_body.h"

#include <algorithm>
#include <cstring>

namespace fairlead::proxy {

void MirrorFeed::push(http::Buffer* buffer, std::string_view bytes, bool is_last) {
  if (is_broken_ || is_complete_) return;
  bytes_ += bytes.size();
  if (bytes_ > most_in_all_ || held_bytes_ + bytes.size() > kMostHeld) return break_off();
  held_bytes_ += bytes.size();
  is_complete_ = is_last;
  held_.emplace_back(buffer, bytes, is_last);
  ready_.set();
}

void MirrorFeed::break_off() {
  if (is_complete_ && !held_.empty()) return;  // everything is here: it may still be taken
  is_broken_ = true;
  held_.clear();
  held_bytes_ = 0;
  ready_.set();
}

http::Chunk MirrorFeed::pop() {
  http::Chunk chunk = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= chunk.bytes().size();
  return chunk;
}

Result<http::Chunk> MirrorBody::next() {
  if (!feed_->has_chunk()) return fail(Code::cancelled, Side::client, Stage::body);
  http::Chunk chunk = feed_->pop();
  bytes_read_ += chunk.bytes().size();
  is_finished_ = chunk.is_last();
  return chunk;
}

io::Task<Result<http::Chunk>> MirrorBody::read() {
  if (feed_->has_chunk() || feed_->is_broken()) return next();
  return wait();
}

io::Task<Result<http::Chunk>> MirrorBody::wait() {
  Result<void> woken = co_await feed_->wait(&scope_);
  if (!woken) co_return fail(woken.error());
  co_return next();
}

// A body that is not read to its end leaves its mirrors without theirs.
TeeBody::~TeeBody() {
  for (const FeedPtr& feed : feeds_) feed->break_off();
}

io::Task<Result<http::Chunk>> TeeBody::read() {
  io::Task<Result<http::Chunk>> next = source_.read();
  if (next.is_ready()) return copied(next.take());
  return wait(std::move(next));
}

io::Task<Result<http::Chunk>> TeeBody::wait(io::Task<Result<http::Chunk>> next) {
  Result<http::Chunk> chunk = co_await next;
  co_return copied(std::move(chunk));
}

// One copy for all mirrors. Why a copy: the chunk is a piece of a large block that would otherwise
// be held for a slow mirror.
Result<http::Chunk> TeeBody::copied(Result<http::Chunk> chunk) {
  std::erase_if(feeds_, [](const FeedPtr& feed) { return feed->is_broken(); });
  if (!chunk || feeds_.empty()) return chunk;
  std::string_view bytes = chunk->bytes();
  http::Buffer* buffer =
      http::Buffer::take(sizeof(http::Buffer) + std::max<size_t>(bytes.size(), 1));
  if (!bytes.empty()) std::memcpy(buffer->bytes(), bytes.data(), bytes.size());
  for (const FeedPtr& feed : feeds_) {
    feed->push(buffer, {buffer->bytes(), bytes.size()}, chunk->is_last());
  }
  buffer->drop();
  if (chunk->is_last() && watcher_ != nullptr) watcher_->body_is_complete();
  return chunk;
}

}  // namespace fairlead::proxy
