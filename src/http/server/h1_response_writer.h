// Writes one response onto an HTTP/1 connection: chooses the framing, sends the head together with
// the first bytes of the body when they are there, then the rest as it comes. RFC 9112 §6, §7.
// Lives as long as its request; one worker.
#pragma once

#include "http/body.h"
#include "http/codec/h1_writer.h"
#include "io/stream.h"

namespace fairlead::http {

class H1ResponseWriter {
 public:
  H1ResponseWriter(io::Stream& stream, Method request_method, Version request_version,
                   io::Timeout idle)
      : stream_(stream), method_(request_method), version_(request_version), idle_(idle) {}

  io::Task<Result<void>> write_interim(const ResponseHead& head);
  io::Task<Result<void>> write_response(const ResponseHead& head, Body* body, bool is_keep_alive);

  bool has_started() const { return has_started_; }
  // The whole response was handed to the socket.
  bool is_complete() const { return is_complete_; }
  // Its end is the end of the connection.
  bool must_close() const { return must_close_; }
  uint64_t body_bytes() const { return body_bytes_; }

 private:
  Framing choose_framing(const ResponseHead& head, const Body* body, bool is_keep_alive) const;
  // One at a time.
  io::Task<Result<void>> write_piece(std::string_view head, const Chunk& chunk, Body& body);

  io::Stream& stream_;
  Method method_;
  Version version_;
  io::Timeout idle_;
  io::Pace pace_;
  Framing framing_;
  bool has_started_ = false;
  bool is_complete_ = false;
  bool must_close_ = false;
  uint64_t body_bytes_ = 0;
  iovec parts_[5];  // of the piece being written
  char size_text_[20];
};

}  // namespace fairlead::http
