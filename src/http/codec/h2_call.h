// What the codec knows of one HTTP/2 request to an upstream: heads that came and were not fetched
// yet, bytes received and not yet read, the chunk being sent. Made by whoever runs the connection,
// which derives from it; its text lives in the exchange's arena. One thread.
#pragma once

#include "base/list.h"
#include "http/codec/stream_queue.h"
#include "http/message.h"

namespace fairlead::http {

class H2ClientSession;

class H2Call : public ListHook {
 public:
  explicit H2Call(Arena& arena) : arena_(arena), trailers_(arena) {}
  H2Call(const H2Call&) = delete;
  H2Call& operator=(const H2Call&) = delete;

  int32_t id() const { return id_; }
  Arena& arena() { return arena_; }

  bool has_head() const { return first_head_ != nullptr; }
  // The oldest head that was not fetched; interim ones are heads too. Only when there is one.
  ResponseHead& take_head();
  // The final head has been received, and nothing follows it.
  bool is_bodiless() const { return is_bodiless_; }

  // Nothing more will be received: the upstream ended the stream.
  bool has_response_ended() const { return has_response_ended_; }
  // END_STREAM was sent.
  bool has_request_ended() const { return has_request_ended_; }
  // The codec has forgotten the stream: complete, reset, or its connection over.
  bool is_closed() const { return is_closed_; }
  // Why it was cut off; ok otherwise.
  const Error& failure() const { return failure_; }
  // No part of an answer has arrived.
  bool is_silent() const { return is_silent_; }
  // The head has left the codec.
  bool is_framed() const { return is_framed_; }

  StreamQueue& received() { return received_; }
  const HeaderMap& trailers() const { return trailers_; }
  bool is_sending() const { return !sending_.bytes().empty() || sends_end_; }

 protected:
  ~H2Call() = default;

 private:
  friend class H2ClientSession;
  friend struct H2ClientCallbacks;
  struct Head {
    explicit Head(Arena& arena) : head(arena) {}
    ResponseHead head;
    Head* next = nullptr;
  };

  Arena& arena_;
  int32_t id_ = -1;
  Head* first_head_ = nullptr;
  Head* last_head_ = nullptr;
  Head* building_ = nullptr;  // being decoded; null: trailers are
  unsigned interims_ = 0;
  Code block_fault_ = Code::ok;
  HeaderMap trailers_;
  Error failure_{Code::ok};

  StreamQueue received_;
  Chunk sending_;
  size_t sending_offset_ = 0;
  const HeaderMap* sending_trailers_ = nullptr;

  bool sends_end_ = false;  // the end follows the chunk and has not been framed
  bool has_final_head_ = false;
  bool is_bodiless_ = false;
  bool has_response_ended_ = false;
  bool has_request_ended_ = false;
  bool is_closed_ = false;
  bool is_silent_ = true;
  bool is_framed_ = false;
  bool was_reset_by_upstream_ = false;
};

}  // namespace fairlead::http
