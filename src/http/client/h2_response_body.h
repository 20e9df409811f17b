// The body of one HTTP/2 response; reading it is what gives the upstream credit for more. In the
// exchange's arena. Private to src/http/client; one worker.
#pragma once

#include "http/client/h2_client.h"

namespace fairlead::http {

class H2ResponseBody final : public Body {
 public:
  H2ResponseBody(H2ClientStream& stream, int64_t length) : stream_(stream), length_(length) {}

  io::Task<Result<Chunk>> read() override;
  const HeaderMap* trailers() const override {
    const H2Call& call = stream_;
    return call.trailers().empty() ? nullptr : &call.trailers();
  }
  bool is_finished() const override { return is_finished_; }
  int64_t length() const override { return length_; }
  uint64_t bytes_read() const override { return bytes_read_; }

 private:
  bool has_something() const;
  Result<Chunk> take();
  io::Task<Result<Chunk>> wait_and_take();

  H2ClientStream& stream_;
  int64_t length_;
  uint64_t bytes_read_ = 0;
  bool is_finished_ = false;
};

}  // namespace fairlead::http
