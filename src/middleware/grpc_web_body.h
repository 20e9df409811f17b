// Bodies of gRPC-Web: a request in base64 comes out plain; a response ends with a frame that holds
// its trailers, and may be put into base64. They stream. In the exchange's arena. One worker.
#pragma once

#include <array>
#include <optional>

#include "http/body.h"

namespace fairlead::middleware {

// Base64, also in several pieces each with its own padding, to bytes.
class Base64Decoded final : public http::Body {
 public:
  explicit Base64Decoded(http::Body& source) : source_(source) {}
  io::Task<Result<http::Chunk>> read() override;
  const http::HeaderMap* trailers() const override { return source_.trailers(); }
  bool is_finished() const override { return source_.is_finished(); }
  int64_t length() const override { return -1; }
  uint64_t bytes_read() const override { return source_.bytes_read(); }

 private:
  // Nothing when malformed.
  std::optional<http::Chunk> decode(const http::Chunk& chunk);

  http::Body& source_;
  std::array<char, 4> group_{};  // of four characters that are not complete yet
  size_t group_size_ = 0;
};

class GrpcWebResponse final : public http::Body {
 public:
  enum class Form : uint8_t { binary, text };
  GrpcWebResponse(http::Body& source, Form form) : source_(source), form_(form) {}
  io::Task<Result<http::Chunk>> read() override;
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return -1; }
  uint64_t bytes_read() const override { return source_.bytes_read(); }

 private:
  Result<http::Chunk> give(Result<http::Chunk> chunk);
  io::Task<Result<http::Chunk>> give_later(io::Task<Result<http::Chunk>> next);
  std::string trailer_frame() const;

  http::Body& source_;
  Form form_;
  bool is_finished_ = false;
};

}  // namespace fairlead::middleware
