// Reads HTTP/1 messages from bytes handed over in pieces, as a connection would: head, judgement,
// body, next message. Reports the first fault, or that the last message is whole, and writes down
// what it understood.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/codec/h1_parser.h"
#include "http/semantics.h"

namespace fairlead::tests {

class MessageFeed {
 public:
  virtual ~MessageFeed() = default;

  // False once there was a fault.
  bool feed(std::string_view piece) {
    if (code_ == Code::ok) buffer_.append(piece);
    while (code_ == Code::ok && read_some()) {
    }
    return code_ == Code::ok;
  }

  // The first fault; would_block in the middle of a message.
  Code code() const {
    if (code_ != Code::ok) return code_;
    return in_body_ || !buffer_.empty() || messages_ == 0 ? Code::would_block : Code::ok;
  }
  // One line a head, field, body and trailer of every message so far.
  const std::string& summary() const { return summary_; }
  size_t messages() const { return messages_; }

 protected:
  MessageFeed(http::HeadParser::Kind kind, http::HeadLimits limits, http::HeadLimits trailer_limits)
      : kind_(kind), trailer_limits_(trailer_limits), parser_(kind, limits) {}

  // Parses and judges a head from the buffer; starts the body parser.
  virtual Result<size_t> read_head(std::string_view input) = 0;
  // Nothing may follow the message that has just ended.
  virtual bool is_last() const { return false; }

  void note(std::string_view key, std::string_view value) {
    summary_.append(key).append("=").append(value).append("\n");
  }
  void note_fields(const http::HeaderMap& headers) {
    for (const http::Field& field : headers.fields()) note(field.name, field.value);
  }

  http::HeadParser::Kind kind_;
  http::HeadLimits trailer_limits_;
  http::HeadParser parser_;
  http::BodyParser body_parser_;
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::string summary_;

 private:
  bool refuse(Code code) {
    code_ = code;
    return false;
  }
  void drop(size_t bytes) {
    // Why: memory that moves with every piece is what a view into an old buffer would trip over.
    buffer_ = std::string(buffer_.substr(bytes));
  }

  bool read_some() { return in_body_ ? read_body() : start_message(); }

  bool start_message() {
    if (buffer_.empty()) return false;
    if (messages_ > 0 && is_last()) return refuse(Code::surplus_bytes);
    Result<size_t> bytes = read_head(buffer_);
    if (!bytes) return refuse(bytes.error().code);
    if (*bytes == 0) return false;
    drop(*bytes);
    trailers_.emplace(*arena_);
    body_.clear();
    in_body_ = true;
    return true;
  }

  bool read_body() {
    auto piece = body_parser_.parse(buffer_, &*trailers_);
    if (!piece) return refuse(piece.error().code);
    body_.append(piece->bytes);
    drop(piece->consumed);
    if (piece->is_end) end_message();
    return piece->is_end || piece->consumed > 0;
  }

  void end_message() {
    note("body", body_);
    note_fields(*trailers_);
    in_body_ = false;
    ++messages_;
    trailers_.reset();
    arena_ = std::make_unique<Arena>();
  }

  std::string buffer_;
  std::string body_;
  std::optional<http::HeaderMap> trailers_;
  bool in_body_ = false;
  size_t messages_ = 0;
  Code code_ = Code::ok;
};

class RequestFeed final : public MessageFeed {
 public:
  explicit RequestFeed(http::HeadLimits limits = {},
                       http::HeadLimits trailer_limits = http::kTrailerLimits)
      : MessageFeed(http::HeadParser::Kind::request, limits, trailer_limits) {}

 private:
  Result<size_t> read_head(std::string_view input) override {
    http::RequestHead head(*arena_);
    FAIRLEAD_TRY(size_t bytes, parser_.parse(input, *arena_, head));
    if (bytes == 0) return bytes;
    auto checked = http::check_request(head, *arena_, {});
    if (!checked) return fail(checked.error());
    body_parser_.start(head.body_kind, head.content_length, trailer_limits_, kind_);
    note("method", head.method_text);
    note("host", head.host);
    note("path", head.path);
    note("query", head.query);
    note_fields(head.headers);
    return bytes;
  }
};

// Interim responses, one final response, and nothing after it.
class ResponseFeed final : public MessageFeed {
 public:
  explicit ResponseFeed(http::Method method = http::Method::get, http::HeadLimits limits = {},
                        http::HeadLimits trailer_limits = http::kTrailerLimits)
      : MessageFeed(http::HeadParser::Kind::response, limits, trailer_limits), method_(method) {}

  bool is_keep_alive() const { return is_keep_alive_; }
  Result<void> finish() { return body_parser_.finish_at_eof(); }

 private:
  Result<size_t> read_head(std::string_view input) override {
    http::ResponseHead head(*arena_);
    FAIRLEAD_TRY(size_t bytes, parser_.parse(input, *arena_, head));
    if (bytes == 0) return bytes;
    auto checked = http::check_response(head, method_, false);
    if (!checked) return fail(checked.error());
    body_parser_.start(head.body_kind, head.content_length, trailer_limits_, kind_);
    is_final_ = head.status >= 200;
    is_keep_alive_ = head.is_keep_alive;
    note("status", std::to_string(head.status));
    note("reason", head.reason);
    note_fields(head.headers);
    return bytes;
  }
  bool is_last() const override { return is_final_; }

  http::Method method_;
  bool is_final_ = false;
  bool is_keep_alive_ = true;
};

}  // namespace fairlead::tests
