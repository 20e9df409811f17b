// A body that comes out compressed. What the source has ready is compressed together; where the
// source makes us wait, everything so far is flushed first, so the client sees what the upstream
// has sent. Lives in the exchange's arena, as the source. One thread.
#pragma once

#include <optional>

#include "http/body.h"
#include "middleware/encoder.h"

namespace fairlead::middleware {

class CompressedBody final : public http::Body {
 public:
  CompressedBody(http::Body& source, EncoderLease encoder)
      : source_(source), encoder_(std::move(encoder)) {}
  ~CompressedBody() override {
    if (output_ != nullptr) output_->drop();
  }
  CompressedBody(const CompressedBody&) = delete;
  CompressedBody& operator=(const CompressedBody&) = delete;

  io::Task<Result<http::Chunk>> read() override;
  const http::HeaderMap* trailers() const override { return source_.trailers(); }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return -1; }
  uint64_t bytes_read() const override { return source_.bytes_read(); }

 private:
  using Made = std::optional<Result<http::Chunk>>;

  // The next output; nothing when the source or a breath must be waited for.
  Made make();
  // Takes the next input when it is here; false when it is not.
  Result<bool> take_input();
  Made encode(Encoder::Step step);
  http::Chunk take_output(bool is_last);
  io::Task<Result<http::Chunk>> make_later();

  http::Body& source_;
  EncoderLease encoder_;
  http::Chunk input_;
  std::string_view unread_;  // of input_
  bool is_last_input_ = false;
  bool has_unflushed_ = false;
  bool is_finished_ = false;
  size_t since_breath_ = 0;
  std::optional<io::Task<Result<http::Chunk>>> pending_;
  http::Buffer* output_ = nullptr;  // being filled
  size_t output_bytes_ = 0;
};

}  // namespace fairlead::middleware
