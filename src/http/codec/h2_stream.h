// What the codec knows of one HTTP/2 stream: the head being decoded, bytes received and not yet
// read, the chunk being sent. Made by whoever runs the connection (H2Events::open), which derives
// from it and destroys it when both the codec and the request are done with it. One thread.
#pragma once

#include "base/arena.h"
#include "http/codec/h2_headers.h"
#include "http/codec/stream_queue.h"

namespace fairlead::http {

class H2Session;

class H2Stream {
 public:
  H2Stream(int32_t id, const H2Limits& limits)
      : id_(id), block_(H2HeaderBlock::Kind::request, limits), head_(arena_), trailers_(arena_) {}
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;

  int32_t id() const { return id_; }
  Arena& arena() { return arena_; }
  RequestHead& head() { return head_; }
  // The head asks for a WebSocket over this stream (RFC 8441).
  bool is_websocket() const { return block_.is_websocket(); }

  // Nothing more will be received: the client ended the stream.
  bool has_request_ended() const { return has_request_ended_; }
  // END_STREAM was sent.
  bool has_response_ended() const { return has_response_ended_; }
  // The codec has forgotten the stream: complete, reset, or its connection over.
  bool is_closed() const { return is_closed_; }
  // It was cut off, by whom and why; ok otherwise.
  const Error& failure() const { return failure_; }

  // Holds the client to its Content-Length.
  void expect_bytes(uint64_t bytes) { promised_bytes_ = static_cast<int64_t>(bytes); }
  StreamQueue& received() { return received_; }
  const HeaderMap& trailers() const { return trailers_; }

  bool is_sending() const { return !sending_.bytes().empty() || sends_end_; }
  uint64_t sent_bytes() const { return sent_bytes_; }

 protected:
  ~H2Stream() = default;

 private:
  friend class H2Session;

  Arena arena_;
  int32_t id_;
  H2HeaderBlock block_;
  H2HeaderBlock* trailer_block_ = nullptr;
  RequestHead head_;
  HeaderMap trailers_;
  Error failure_{Code::ok};

  StreamQueue received_;
  uint64_t received_bytes_ = 0;
  int64_t promised_bytes_ = -1;  // Content-Length
  size_t charged_bytes_ = 0;     // of the connection's header memory

  Chunk sending_;
  size_t sending_offset_ = 0;
  uint64_t sent_bytes_ = 0;
  const HeaderMap* sending_trailers_ = nullptr;

  bool sends_end_ = false;  // the end follows the chunk and has not been framed
  bool is_head_done_ = false;
  bool has_request_ended_ = false;
  bool has_response_ended_ = false;
  bool is_closed_ = false;
};

}  // namespace fairlead::http
