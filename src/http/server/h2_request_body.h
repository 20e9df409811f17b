// The body of one HTTP/2 request. Asking for it tells a client that waits for "100 Continue" to go
// on; reading it is what gives the client credit for more. In its stream's arena. Private to
// src/http/server; one worker.
#pragma once

#include "http/server/h2_server_stream.h"

namespace fairlead::http {

class H2RequestBody final : public Body {
 public:
  H2RequestBody(H2ServerStream& stream, const RequestHead& head)
      : stream_(stream),
        length_(head.body_kind == BodyKind::length ? static_cast<int64_t>(head.content_length)
                                                   : -1),
        until_(io::time_limit(stream.link().settings.request_read)),
        owes_continue_(head.expects_continue) {}

  io::Task<Result<Chunk>> read() override;
  const HeaderMap* trailers() const override {
    return stream_.trailers().empty() ? nullptr : &stream_.trailers();
  }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return length_; }
  uint64_t bytes_read() const override { return bytes_read_; }

 private:
  Result<Chunk> take();
  bool has_something() const;
  bool is_too_slow() const;
  io::Task<Result<Chunk>> wait_and_take();

  H2ServerStream& stream_;
  int64_t length_;
  uint64_t bytes_read_ = 0;
  io::Duration waited_{0};  // for the client; pauses of ours do not count
  io::TimePoint until_;     // the whole body must be here
  bool owes_continue_;
  bool is_finished_ = false;
};

}  // namespace fairlead::http
