// A message body coming in over an HTTP/1 connection, pulled chunk by chunk. Ready at once while
// bytes are buffered. Refers to the connection's input and stream, which outlive it; lives in the
// exchange's arena. One thread.
#pragma once

#include "http/body.h"
#include "http/codec/h1_parser.h"
#include "http/codec/input_buffer.h"
#include "io/stream.h"

namespace fairlead::http {

class H1BodyReader : public Body {
 public:
  struct Source {
    io::Stream& stream;
    InputBuffer& input;
    io::Timeout idle;       // between two reads
    Side side;              // whose bytes these are, for errors
    uint64_t min_rate = 0;  // bytes a second below which a sender is shed; 0 = no minimum
    io::TimePoint until = io::TimePoint::max();  // the whole body must be here
  };
  H1BodyReader(Source source, BodyKind kind, uint64_t length, Arena& arena);

  io::Task<Result<Chunk>> read() override;
  const HeaderMap* trailers() const override { return trailers_.empty() ? nullptr : &trailers_; }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override {
    return kind_ == BodyKind::length ? static_cast<int64_t>(length_) : -1;
  }

  // Bytes of a `length` body that have not been taken from the input yet.
  uint64_t remaining() const { return parser_.remaining(); }
  bool has_failed() const { return has_failed_; }
  uint64_t bytes_read() const override { return bytes_read_; }

 private:
  // The next chunk from what is buffered; nothing when more input is needed.
  std::optional<Result<Chunk>> next_buffered();
  // Reads from the stream once; false when it would block.
  Result<bool> fill();
  io::Task<Result<Chunk>> read_more();
  Error as_ours(Error error);
  bool is_too_slow() const;

  Source source_;
  BodyKind kind_;
  uint64_t length_;
  uint64_t bytes_read_ = 0;
  io::Duration waited_{0};  // time spent waiting for the sender; pauses of ours do not count
  BodyParser parser_;
  HeaderMap trailers_;
  bool is_finished_;
  bool has_failed_ = false;
};

}  // namespace fairlead::http
