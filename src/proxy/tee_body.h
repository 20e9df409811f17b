// A request's body on its way to the upstream, with a copy for each mirror. The main request never
// waits for a mirror: what a mirror has not taken is held up to a bound, beyond which the mirror
// loses the request. One worker.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "http/body.h"
#include "io/wait.h"

namespace fairlead::proxy {

// What one mirror has still to take; shared by the body that is read and the one that is fed.
class MirrorFeed {
 public:
  // Why this much: a mirror may be a round trip and some scheduling behind a fast upload.
  static constexpr uint64_t kMostHeld = 1024 * 1024;

  explicit MirrorFeed(uint64_t most_in_all) : most_in_all_(most_in_all) {}

  // `bytes` lie in `buffer`.
  void push(http::Buffer* buffer, std::string_view bytes, bool is_last);
  // Nothing more will come, or nobody takes it.
  void break_off();
  bool is_broken() const { return is_broken_; }
  bool is_complete() const { return is_complete_; }

  bool has_chunk() const { return !held_.empty(); }
  http::Chunk pop();
  io::Wait wait(io::Scope* scope) {
    ready_.reset();
    return ready_.wait(scope);
  }

 private:
  std::deque<http::Chunk> held_;
  uint64_t held_bytes_ = 0, bytes_ = 0;
  uint64_t most_in_all_;
  bool is_broken_ = false, is_complete_ = false;
  io::Event ready_;
};
using FeedPtr = std::shared_ptr<MirrorFeed>;

// What a mirror's upload reads.
class MirrorBody final : public http::Body {
 public:
  // `length` as Body::length().
  MirrorBody(FeedPtr feed, int64_t length, io::Scope& scope)
      : feed_(std::move(feed)), length_(length), scope_(scope) {}
  ~MirrorBody() override { feed_->break_off(); }

  io::Task<Result<http::Chunk>> read() override;
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return length_; }
  uint64_t bytes_read() const override { return bytes_read_; }

 private:
  io::Task<Result<http::Chunk>> wait();
  Result<http::Chunk> next();

  FeedPtr feed_;
  int64_t length_;
  io::Scope& scope_;
  uint64_t bytes_read_ = 0;
  bool is_finished_ = false;
};

// Told once when a body has been read to its end.
class BodyWatcher {
 public:
  virtual ~BodyWatcher() = default;
  virtual void body_is_complete() = 0;
};

class TeeBody final : public http::Body {
 public:
  // `watcher` may be null.
  TeeBody(http::Body& source, std::vector<FeedPtr> feeds, BodyWatcher* watcher)
      : source_(source), feeds_(std::move(feeds)), watcher_(watcher) {}
  ~TeeBody() override;

  io::Task<Result<http::Chunk>> read() override;
  const http::HeaderMap* trailers() const override { return source_.trailers(); }
  bool is_finished() const override { return source_.is_finished(); }
  int64_t length() const override { return source_.length(); }
  uint64_t bytes_read() const override { return source_.bytes_read(); }

 private:
  io::Task<Result<http::Chunk>> wait(io::Task<Result<http::Chunk>> next);
  Result<http::Chunk> copied(Result<http::Chunk> chunk);

  http::Body& source_;
  std::vector<FeedPtr> feeds_;
  BodyWatcher* watcher_;
};

}  // namespace fairlead::proxy
