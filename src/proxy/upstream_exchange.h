// The upstream side of one attempt: the stream that was leased for it, and the upload beside it.
// Made in the exchange's arena. One worker.
#pragma once

#include "http/client/client_stream.h"
#include "pipeline/exchange.h"

namespace fairlead::proxy {

class UpstreamExchange {
 public:
  // `scope` is the attempt's, the same that the stream was leased with.
  UpstreamExchange(io::Scope& scope, http::ClientStream& stream) : scope_(scope), stream_(stream) {}
  UpstreamExchange(const UpstreamExchange&) = delete;
  UpstreamExchange& operator=(const UpstreamExchange&) = delete;

  http::ClientStream& stream() { return stream_; }

  // Sends the request's body beside everything else, in the attempt's scope.
  void start_upload(http::Body& body) { scope_.spawn(upload(body)); }
  // Why the upload failed; ok while it goes on or went well.
  const Error& upload_error() const { return upload_error_; }

 private:
  io::Task<void> upload(http::Body& body) {
    Result<void> sent = co_await stream_.send_body(body);
    if (sent) co_return;
    upload_error_ = sent.error();
    // A client that fails in the middle of its body leaves a request that can never be completed.
    if (sent.error().side == Side::client) stream_.abandon();
  }

  io::Scope& scope_;
  http::ClientStream& stream_;
  Error upload_error_{Code::ok};
};

}  // namespace fairlead::proxy
