// The upstream side of one exchange: a leased connection and the request on it. Made in the
// exchange's arena, so it ends with the exchange: then the connection goes back to its pool, or is
// closed when it is not clean. One worker.
#pragma once

#include "http/client/h1_client.h"
#include "pipeline/exchange.h"
#include "upstream/pool.h"

namespace fairlead::proxy {

class UpstreamExchange {
 public:
  UpstreamExchange(pipeline::Exchange& x, upstream::Pool& pool, upstream::PoolLimits limits,
                   upstream::Pool::ConnectionPtr connection, http::UpstreamTimeouts timeouts)
      : x_(x),
        pool_(pool),
        limits_(limits),
        connection_(std::move(connection)),
        stream_(*connection_, x.arena, timeouts) {
    stream_.set_scope(&x.scope);
  }
  ~UpstreamExchange() {
    if (stream_.can_reuse()) pool_.give_back(std::move(connection_), limits_);
  }
  UpstreamExchange(const UpstreamExchange&) = delete;
  UpstreamExchange& operator=(const UpstreamExchange&) = delete;

  http::ClientStream& stream() { return stream_; }

  // Sends the request's body beside everything else, in the exchange's scope.
  void start_upload(http::Body& body) { x_.scope.spawn(upload(body)); }
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

  pipeline::Exchange& x_;
  upstream::Pool& pool_;
  upstream::PoolLimits limits_;
  upstream::Pool::ConnectionPtr connection_;
  http::H1ClientStream stream_;
  Error upload_error_{Code::ok};
};

}  // namespace fairlead::proxy
